// StateFile
