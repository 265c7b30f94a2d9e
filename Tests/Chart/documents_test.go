package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"sort"
	"strings"
	"testing"
)

func read(t *testing.T, path ...string) string {
	data, err := os.ReadFile(filepath.Join(append([]string{repository}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// section is a document's text from a heading to the next one of its level, and fenced its blocks in a language.
func section(t *testing.T, text, heading string) string {
	level := strings.SplitN(heading, " ", 2)[0]
	parts := strings.SplitN("\n"+text, "\n"+heading+"\n", 2)
	if len(parts) != 2 {
		t.Fatal("no heading ", heading)
	}
	return regexp.MustCompile(`(?m)^`+level+` `).Split(parts[1], 2)[0]
}

func fenced(text, language string) []string {
	blocks := []string{}
	for _, match := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, match[1])
	}
	return blocks
}

func TestReadmeIsMadeOfTheValues(t *testing.T) {
	expected, err := readmeText()
	if err != nil {
		t.Fatal(err)
	}
	if read(t, "helm/weir/README.md") != expected {
		t.Error("helm/weir/README.md is not what values.yaml and Tests/Chart/readme-head.md say: make chart")
	}
}

// What the chart's rules and dashboards are is said once, in alerts/ and grafana/.
func TestCopies(t *testing.T) {
	for folder, pattern := range copies {
		sources, _ := filepath.Glob(filepath.Join(repository, pattern))
		copied, _ := filepath.Glob(filepath.Join(chartFolder, folder, "*"))
		if len(sources) == 0 || len(sources) != len(copied) {
			t.Errorf("%s: %d files of %s, %d copies: make chart", folder, len(sources), pattern, len(copied))
			continue
		}
		for _, source := range sources {
			if read(t, strings.TrimPrefix(source, repository)) != read(t, "helm/weir", folder, filepath.Base(source)) {
				t.Errorf("helm/weir/%s/%s is not what %s says: make chart", folder, filepath.Base(source), source)
			}
		}
	}
}

// A dashboard arrives as it is, in a ConfigMap, which holds 1 MiB at most.
func TestDashboards(t *testing.T) {
	r, err := rendered(loaded(t), map[string]interface{}{"dashboards": map[string]interface{}{"enabled": true}})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, object := range r.Of("ConfigMap") {
		for name, text := range object.Map("data") {
			if !strings.HasSuffix(name, ".json") {
				continue
			}
			found++
			if text.(string) != strings.TrimRight(read(t, "grafana/dashboards", name), "\n")+"\n" {
				t.Errorf("%s is not what it was", name)
			}
			if object.Text("metadata", "labels", "grafana_dashboard") != "1" {
				t.Errorf("%s has not the sidecar's label", name)
			}
			if data, _ := json.Marshal(object); len(data) > 1<<20 {
				t.Errorf("%s has %d octets", name, len(data))
			}
		}
	}
	if found == 0 {
		t.Error("no dashboards")
	}
}

// What the chart sets in weir.yaml itself, and so cannot be set in values.config.
var setByChart = []string{
	"listen", "listen_tcp", "collector.scope", "collector.node", "state.directory", "web.listen", "web.probe_listen", "web.config_file",
}

// The schema of values.config has every key of docs/configuration.md but those, and no other.
func TestSchemaHasTheKeysOfTheConfiguration(t *testing.T) {
	documented := []string{}
	for _, match := range regexp.MustCompile("(?m)^\\| `([a-z_.\\[\\]]+)` \\|").FindAllStringSubmatch(read(t, "docs/configuration.md"), -1) {
		documented = append(documented, match[1])
	}
	schema := Object{}
	if err := unmarshal(read(t, "helm/weir/values.schema.json"), &schema); err != nil {
		t.Fatal(err)
	}
	accepted := append([]string{}, setByChart...)
	var walk func(node Object, prefix string)
	walk = func(node Object, prefix string) {
		for key := range node.Map("properties") {
			below := node.Map("properties", key)
			items := below.Map("items")
			for _, form := range items.List("anyOf") {
				if len(form.Map("properties")) > 0 {
					items = form
				}
			}
			switch {
			case prefix+key == "alerting.webhooks": // as alerting.alertmanagers
				accepted = append(accepted, prefix+key)
			case len(below.Map("properties")) > 0:
				walk(below, prefix+key+".")
			case len(items.Map("properties")) > 0:
				if prefix+key == "alerting.alertmanagers" {
					accepted = append(accepted, prefix+key)
				}
				walk(items, prefix+key+"[].")
			default:
				accepted = append(accepted, prefix+key)
			}
		}
		if node["additionalProperties"] != false {
			t.Errorf("%s lets misspelt keys pass", prefix)
		}
	}
	walk(schema.Map("properties", "config"), "")
	sort.Strings(documented)
	sort.Strings(accepted)
	if !reflect.DeepEqual(documented, accepted) {
		t.Errorf("docs/configuration.md: %v\nvalues.schema.json: %v", documented, accepted)
	}
}

// Every section of the schema refuses what it doesn't know, and has what values.yaml has.
func TestSchemaHasTheValues(t *testing.T) {
	schema, values := Object{}, loaded(t).Values
	if err := unmarshal(read(t, "helm/weir/values.schema.json"), &schema); err != nil {
		t.Fatal(err)
	}
	known := []string{}
	for key := range schema.Map("properties") {
		if key != "global" { // Helm's own, which is there where the chart is a part of another
			known = append(known, key)
		}
	}
	own := []string{}
	for key := range values {
		own = append(own, key)
	}
	sort.Strings(known)
	sort.Strings(own)
	if !reflect.DeepEqual(known, own) {
		t.Errorf("the schema has %v, values.yaml has %v", known, own)
	}
}

// The rights are those of docs/kubernetes.md, which the Swift tests hold against what Weir asks for.
func TestRights(t *testing.T) {
	rights := section(t, read(t, "docs/kubernetes.md"), "## Rights")
	blocks := fenced(rights, "yaml")
	if len(blocks) != 3 {
		t.Fatal(len(blocks))
	}
	rulesOf := func(text string) []Object {
		for _, document := range separator.Split(text, -1) {
			object := Object{}
			if unmarshal(document, &object) == nil && object.Kind() == "ClusterRole" {
				return object.List("rules")
			}
		}
		list := []Object{}
		if err := unmarshal(text, &list); err != nil {
			t.Fatal(err)
		}
		return list
	}
	chart := loaded(t)
	for _, example := range []struct {
		values string
		blocks []string
	}{
		{"{}", blocks[:1]},
		{"config: {metrics: {labels: [workload]}}", blocks[:2]},
		{"config: {metrics: {labels: [zone, workload_kind]}}", blocks[:2]},
		{"config: {metrics: {labels: [zone, app]}}", blocks[:1]},
		{"config: {alerting: {kubernetes_events: enabled}}", []string{blocks[0], blocks[2]}},
		{"config: {metrics: {labels: [workload]}, alerting: {kubernetes_events: enabled}}", blocks},
	} {
		values, _ := ReadValues([]byte(example.values))
		r, err := rendered(chart, values)
		if err != nil {
			t.Fatal(err)
		}
		expected := []Object{}
		for _, block := range example.blocks {
			expected = append(expected, rulesOf(block)...)
		}
		if got := r.Of("ClusterRole")[0].List("rules"); !reflect.DeepEqual(got, expected) {
			t.Errorf("%s: %v, docs/kubernetes.md says %v", example.values, got, expected)
		}
		// In some namespaces only: the same rights there, and nodes for the whole cluster.
		config, _ := values["config"].(map[string]interface{})
		if config == nil {
			config = map[string]interface{}{}
		}
		config["kubernetes"] = map[string]interface{}{"namespaces": []interface{}{"shop"}}
		if r, err = rendered(chart, map[string]interface{}{"config": config}); err != nil {
			t.Fatal(err)
		}
		asked := map[string]bool{}
		for _, role := range r.Of("ClusterRole", "Role") {
			for _, rule := range role.List("rules") {
				for _, resource := range rule["resources"].([]interface{}) {
					asked[resource.(string)] = true
					if isNodes := resource == "nodes"; isNodes != (role.Kind() == "ClusterRole") {
						t.Errorf("%s in a %s", resource, role.Kind())
					}
				}
			}
		}
		for _, rule := range expected {
			for _, resource := range rule["resources"].([]interface{}) {
				if !asked[resource.(string)] {
					t.Errorf("%s: no %s in the Roles", example.values, resource)
				}
				delete(asked, resource.(string))
			}
		}
		if len(asked) > 0 {
			t.Errorf("%s: too many rights: %v", example.values, asked)
		}
	}
}

func TestVersion(t *testing.T) {
	output, err := exec.Command(weir(t), "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if version := strings.TrimSpace(string(output)); version != loaded(t).Metadata.AppVersion {
		t.Errorf("Weir is %s, the chart's appVersion %s", version, loaded(t).Metadata.AppVersion)
	}
}

// Manifests beside the examples' values are YAML, and name ports that the example has.
func TestExampleOfTheNetworkOperator(t *testing.T) {
	object := Object{}
	if err := unmarshal(read(t, "helm/weir/examples/openshift/ovs-flows-config.yaml"), &object); err != nil {
		t.Fatal(err)
	}
	values, err := ReadValues([]byte(read(t, "helm/weir/examples/openshift/values.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	r, err := rendered(loaded(t), values)
	if err != nil {
		t.Fatal(err)
	}
	for _, port := range r.Container().List("ports") {
		if port.Text("protocol") == "UDP" && object.Text("data", "nodePort") == strings.TrimSpace(toJSON(port["hostPort"])) {
			return
		}
	}
	t.Error("no pod of the example listens on port ", object.Text("data", "nodePort"), " of its node")
}

// The pattern is that of OpenShift's API (operator.openshift.io/v1, IPPort).
func TestExampleOfThePatch(t *testing.T) {
	object := Object{}
	if err := unmarshal(read(t, "helm/weir/examples/openshift/network-operator-patch.yaml"), &object); err != nil {
		t.Fatal(err)
	}
	pattern := regexp.MustCompile(`^(([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])\.){3}([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]):[1-9][0-9]{0,4}$`)
	collectors, _ := object.at([]string{"spec", "exportNetworkFlows", "ipfix", "collectors"}).([]interface{})
	if len(collectors) != 1 || !pattern.MatchString(collectors[0].(string)) {
		t.Error(collectors)
	}
}
