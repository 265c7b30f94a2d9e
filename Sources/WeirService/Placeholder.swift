// WeirService
