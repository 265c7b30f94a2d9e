package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// matches says whether labels have all that a selector asks for.
func matches(selector, labels Object) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return len(selector) > 0
}

func TestSelectors(t *testing.T) {
	every(t, func(t *testing.T, r *Rendering) {
		pod := r.Pod().Map("metadata", "labels")
		ids := map[string]bool{}
		for _, object := range r.Objects {
			id := r.ID(object)
			if ids[id] {
				t.Errorf("%s is there twice", id)
			}
			ids[id] = true
			switch object.Kind() {
			case "StatefulSet", "DaemonSet", "PodDisruptionBudget", "PodMonitor":
				if !matches(object.Map("spec", "selector", "matchLabels"), pod) {
					t.Errorf("%s selects no pod of ours", id)
				}
			case "NetworkPolicy":
				if !matches(object.Map("spec", "podSelector", "matchLabels"), pod) {
					t.Errorf("%s selects no pod of ours", id)
				}
			case "Service":
				if !matches(object.Map("spec", "selector"), pod) {
					t.Errorf("%s selects no pod of ours", id)
				}
			case "ServiceMonitor":
				selected := []string{}
				for _, service := range r.Of("Service") {
					if matches(object.Map("spec", "selector", "matchLabels"), service.Map("metadata", "labels")) {
						selected = append(selected, service.Name())
					}
				}
				if !reflect.DeepEqual(selected, []string{r.Workload().Name()}) {
					t.Errorf("%s selects the Services %v: it must be the one of HTTP, or everything is scraped several times", id, selected)
				}
			}
		}
		for _, constraint := range r.Pod().List("spec", "topologySpreadConstraints") {
			if !matches(constraint.Map("labelSelector", "matchLabels"), pod) {
				t.Error("a topology constraint selects no pod of ours")
			}
		}
		// A selector can never be changed: nothing in it may come from what an upgrade changes.
		for key := range r.Workload().Map("spec", "selector", "matchLabels") {
			if key != "app.kubernetes.io/name" && key != "app.kubernetes.io/instance" {
				t.Errorf("the selector has %s", key)
			}
		}
	})
}

func TestPorts(t *testing.T) {
	every(t, func(t *testing.T, r *Rendering) {
		protocols, numbers := map[string]string{}, map[string]int{}
		listening := map[string]bool{}
		for _, port := range r.Container().List("ports") {
			name, protocol := port.Text("name"), port.Text("protocol")
			if protocols[name] != "" {
				t.Errorf("two ports are called %s", name)
			}
			protocols[name], numbers[name] = protocol, port.Number("containerPort")
			key := fmt.Sprint(protocol, ":", port.Number("containerPort"))
			if listening[key] {
				t.Errorf("%s is there twice", key)
			}
			listening[key] = true
			if host := port.Number("hostPort"); host != 0 && r.Workload().Kind() != "DaemonSet" {
				t.Errorf("%s is a port of the node", name)
			}
		}
		for _, service := range r.Of("Service") {
			for _, port := range service.List("spec", "ports") {
				if target := port.Text("targetPort"); protocols[target] == "" || protocols[target] != port.Text("protocol") {
					t.Errorf("%s: no %s port %q", r.ID(service), port.Text("protocol"), target)
				}
			}
			isForFlows := strings.Contains(service.Name(), "-flows")
			if ready, _ := service.at([]string{"spec", "publishNotReadyAddresses"}).(bool); ready != isForFlows {
				t.Errorf("%s: publishNotReadyAddresses is %v", r.ID(service), ready)
			}
			if policy := service.Text("spec", "externalTrafficPolicy"); (policy != "") != (isForFlows && service.Text("spec", "type") != "ClusterIP") {
				t.Errorf("%s: externalTrafficPolicy is %q", r.ID(service), policy)
			}
		}
		for _, probe := range []string{"livenessProbe", "readinessProbe"} {
			if port := r.Container().Text(probe, "httpGet", "port"); port != "probes" || protocols[port] == "" {
				t.Errorf("%s asks port %q", probe, port)
			}
		}
		for _, policy := range r.Of("NetworkPolicy") {
			for _, rule := range policy.List("spec", "ingress") {
				if len(rule.List("from")) == 0 {
					t.Error("a rule of the NetworkPolicy lets everybody in")
				}
				for _, port := range rule.List("ports") {
					if protocols[port.Text("port")] != port.Text("protocol") {
						t.Errorf("NetworkPolicy: no port %v", port)
					}
				}
			}
		}
		for _, monitor := range append(r.Of("ServiceMonitor"), r.Of("PodMonitor")...) {
			endpoints := append(monitor.List("spec", "endpoints"), monitor.List("spec", "podMetricsEndpoints")...)
			if len(endpoints) != 1 || protocols[endpoints[0].Text("port")] != "TCP" {
				t.Errorf("%s: %v", r.ID(monitor), endpoints)
			}
		}
		// What the ports are is what Weir listens on.
		_, configuration := r.Configuration()
		ours := map[string]bool{}
		for key, protocol := range map[string]string{"listen": "UDP", "listen_tcp": "TCP"} {
			list, _ := configuration[key].([]interface{})
			for _, address := range list {
				ours[protocol+fmt.Sprint(address)] = true
			}
		}
		ours["TCP"+configuration.Text("web", "listen")] = true
		ours["TCP"+configuration.Text("web", "probe_listen")] = true
		if !reflect.DeepEqual(ours, listening) {
			t.Errorf("Weir listens on %v, the container's ports are %v", ours, listening)
		}
	})
}

func TestReferences(t *testing.T) {
	every(t, func(t *testing.T, r *Rendering) {
		has := func(kind, name string) bool {
			for _, object := range r.Of(kind) {
				if object.Name() == name {
					return true
				}
			}
			return false
		}
		given := map[string]bool{"": true}
		values := Object(r.Values)
		given[values.Text("web", "existingSecret")] = true
		for _, secret := range values.List("secrets") {
			given[secret.Text("name")] = true
		}
		for _, volume := range values.List("extraVolumes") {
			given[volume.Text("secret", "secretName")] = true
			given[volume.Text("configMap", "name")] = true
		}
		mounted := map[string]bool{}
		paths := map[string]bool{}
		for _, mount := range r.Container().List("volumeMounts") {
			mounted[mount.Text("name")] = true
			if paths[mount.Text("mountPath")] {
				t.Errorf("%s is mounted twice", mount.Text("mountPath"))
			}
			paths[mount.Text("mountPath")] = true
		}
		volumes := map[string]bool{}
		for _, volume := range r.Pod().List("spec", "volumes") {
			volumes[volume.Text("name")] = true
			if name := volume.Text("configMap", "name"); !given[name] && !has("ConfigMap", name) {
				t.Errorf("no ConfigMap %s", name)
			}
			if name := volume.Text("secret", "secretName"); !given[name] {
				t.Errorf("no Secret %s", name)
			}
		}
		for _, claim := range r.Workload().List("spec", "volumeClaimTemplates") {
			volumes[claim.Name()] = true
		}
		if !reflect.DeepEqual(mounted, volumes) {
			t.Errorf("mounted are %v, volumes are %v", mounted, volumes)
		}
		account := r.Pod().Text("spec", "serviceAccountName")
		if created, _ := Object(values).at([]string{"serviceAccount", "create"}).(bool); created != has("ServiceAccount", account) {
			t.Errorf("ServiceAccount %s", account)
		}
		for _, binding := range r.Of("ClusterRoleBinding", "RoleBinding") {
			role := binding.Text("roleRef", "name")
			if !has(binding.Text("roleRef", "kind"), role) && !strings.HasPrefix(role, "system:openshift:scc:") {
				t.Errorf("%s: no %s", r.ID(binding), role)
			}
			subject := binding.List("subjects")[0]
			if subject.Text("name") != account || subject.Text("namespace") != r.Release.Namespace {
				t.Errorf("%s is for %v, the pods are %s", r.ID(binding), subject, account)
			}
		}
		if set := r.Of("StatefulSet"); len(set) == 1 && !has("Service", set[0].Text("spec", "serviceName")) {
			t.Error("the StatefulSet's Service is not there")
		}
		if state := r.Container().List("volumeMounts"); !paths[func() string { _, c := r.Configuration(); return c.Text("state", "directory") }()] {
			t.Errorf("state.directory is not mounted: %v", state)
		}
	})
}

// Restricted, as Pod Security Standards have it, but for the ports of the node.
func TestSecurity(t *testing.T) {
	every(t, func(t *testing.T, r *Rendering) {
		pod, container := r.Pod().Map("spec", "securityContext"), r.Container().Map("securityContext")
		drop, _ := container.at([]string{"capabilities", "drop"}).([]interface{})
		if pod["runAsNonRoot"] != true || container["readOnlyRootFilesystem"] != true || container["allowPrivilegeEscalation"] != false ||
			fmt.Sprint(drop) != "[ALL]" || pod.Text("seccompProfile", "type") != "RuntimeDefault" {
			t.Errorf("%v %v", pod, container)
		}
		asks := r.Values["config"].(map[string]interface{})["kubernetes"]
		disabled := asks != nil && asks.(map[string]interface{})["mode"] == "disabled"
		if r.Pod().Map("spec")["automountServiceAccountToken"] == disabled {
			t.Error("the token of the service account is where it is not needed, or isn't where it is")
		}
		if disabled && len(r.Of("ClusterRole", "Role")) > 0 {
			t.Error("rights that nobody uses")
		}
	})
}

func TestDisruptionBudgetOnlyWithSeveral(t *testing.T) {
	every(t, func(t *testing.T, r *Rendering) {
		several := r.Workload().Number("spec", "replicas") > 1
		if several != (len(r.Of("PodDisruptionBudget")) == 1) {
			t.Errorf("%d replicas", r.Workload().Number("spec", "replicas"))
		}
		if several && len(r.Pod().List("spec", "topologySpreadConstraints")) == 0 {
			t.Error("replicas are not spread")
		}
	})
}

// The traffic rules are there only where Weir tells nobody itself.
func TestToldOnce(t *testing.T) {
	every(t, func(t *testing.T, r *Rendering) {
		_, configuration := r.Configuration()
		delivers := len(configuration.Map("alerting")) > 0 &&
			(configuration.at([]string{"alerting", "alertmanagers"}) != nil || configuration.at([]string{"alerting", "webhooks"}) != nil)
		for _, rule := range r.Of("PrometheusRule") {
			if strings.HasSuffix(rule.Name(), "-traffic") && delivers {
				t.Error("everybody is told twice")
			}
		}
		if r.Workload().Number("spec", "replicas") > 1 {
			if delivers || configuration.Text("detection", "scope") != "part" {
				t.Errorf("several replicas: %v", configuration)
			}
		}
		if daemonset := r.Workload().Kind() == "DaemonSet"; daemonset != (configuration.Text("collector", "scope") == "node") {
			t.Errorf("scope %q", configuration.Text("collector", "scope"))
		}
	})
}

// The annotation follows the configuration, and nothing else.
func TestChecksum(t *testing.T) {
	chart := loaded(t)
	sum := func(values string) string {
		parsed, err := ReadValues([]byte(values))
		if err != nil {
			t.Fatal(err)
		}
		r, err := rendered(chart, parsed)
		if err != nil {
			t.Fatal(err)
		}
		return r.Pod().Text("metadata", "annotations", "checksum/config")
	}
	if sum("{}") == sum("config: {log: {level: debug}}") || sum("{}") == sum("flows: {tcp: []}") {
		t.Error("another configuration has the same checksum")
	}
	if sum("{}") != sum("podLabels: {team: net}") || len(sum("{}")) != 64 {
		t.Error("the same configuration has another checksum")
	}
}

// Names stay within their bounds, whatever a release is called.
func TestLongNames(t *testing.T) {
	chart := loaded(t)
	release := Release{Name: strings.Repeat("x", 53), Namespace: "flows", Service: "Helm", Revision: 1, IsInstall: true}
	r, err := Render(chart, map[string]interface{}{}, release)
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range r.Objects {
		if len(object.Name()) > 63 {
			t.Errorf("%s/%s is too long", object.Kind(), object.Name())
		}
	}
}
