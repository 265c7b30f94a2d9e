package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/xeipuuv/gojsonschema"
)

// Which type of the API an object must be.
var types = map[string]string{
	"v1/ConfigMap": "V1ConfigMap", "v1/Service": "V1Service", "v1/ServiceAccount": "V1ServiceAccount",
	"apps/v1/StatefulSet": "V1StatefulSet", "apps/v1/DaemonSet": "V1DaemonSet",
	"policy/v1/PodDisruptionBudget": "V1PodDisruptionBudget", "networking.k8s.io/v1/NetworkPolicy": "V1NetworkPolicy",
	"rbac.authorization.k8s.io/v1/ClusterRole": "V1ClusterRole", "rbac.authorization.k8s.io/v1/ClusterRoleBinding": "V1ClusterRoleBinding",
	"rbac.authorization.k8s.io/v1/Role": "V1Role", "rbac.authorization.k8s.io/v1/RoleBinding": "V1RoleBinding",
	"monitoring.coreos.com/v1/ServiceMonitor": "ServiceMonitor", "monitoring.coreos.com/v1/PodMonitor": "PodMonitor",
	"monitoring.coreos.com/v1/PrometheusRule": "PrometheusRule",
}

// definitions are the API's types, and those of the Prometheus Operator.
func definitions(t *testing.T) map[string]interface{} {
	command := exec.Command("/usr/bin/python3", "schemas.py")
	command.Stderr = os.Stderr
	api, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	operator, err := os.ReadFile("monitoring.json")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]interface{}{}
	for _, data := range [][]byte{api, operator} {
		if err := json.Unmarshal(data, &all); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// used is a type's schema with the types that it needs, and no others: compiling all 500 takes seconds.
func used(name string, all map[string]interface{}) (*gojsonschema.Schema, error) {
	needed := map[string]interface{}{}
	var visit func(interface{})
	visit = func(value interface{}) {
		switch value := value.(type) {
		case map[string]interface{}:
			if reference, ok := value["$ref"].(string); ok {
				name := strings.TrimPrefix(reference, "#/definitions/")
				if _, known := needed[name]; !known {
					needed[name] = all[name]
					visit(all[name])
				}
			}
			for _, inner := range value {
				visit(inner)
			}
		case []interface{}:
			for _, inner := range value {
				visit(inner)
			}
		}
	}
	root := map[string]interface{}{"$ref": "#/definitions/" + name}
	visit(root)
	root["definitions"] = needed
	return gojsonschema.NewSchema(gojsonschema.NewGoLoader(root))
}

var dnsLabel = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
var dnsName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$`)
var labelValue = regexp.MustCompile(`^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$`)

// Every object is one of the API's: a field that it does not have, one that is missing, or of another type, is an error.
func TestAPI(t *testing.T) {
	all := definitions(t)
	schemas := map[string]*gojsonschema.Schema{}
	for _, name := range types {
		schema, err := used(name, all)
		if err != nil || all[name] == nil {
			t.Fatal(name, err)
		}
		schemas[name] = schema
	}
	if err := meets(schemas["V1Service"], Object{"kind": "Service", "spec": map[string]interface{}{"prots": []interface{}{}}}); err == nil {
		t.Fatal("the schemas let a misspelt field pass")
	}
	if err := meets(schemas["ServiceMonitor"], Object{"kind": "ServiceMonitor"}); err == nil {
		t.Fatal("the schemas let an empty ServiceMonitor pass")
	}
	every(t, func(t *testing.T, rendering *Rendering) {
		for _, object := range rendering.Objects {
			id := rendering.ID(object)
			name, known := types[object.Text("apiVersion")+"/"+object.Kind()]
			if !known {
				t.Errorf("%s: no such type: %s", id, object.Text("apiVersion"))
				continue
			}
			if err := meets(schemas[name], object); err != nil {
				t.Errorf("%s: %v", id, err)
			}
			pattern := dnsName
			if object.Kind() == "Service" || object.Kind() == "StatefulSet" {
				pattern = dnsLabel
			}
			if !pattern.MatchString(object.Name()) {
				t.Errorf("%s is no name", id)
			}
			for key, value := range object.Map("metadata", "labels") {
				if text, isText := value.(string); !isText || !labelValue.MatchString(text) {
					t.Errorf("%s: label %s: %v is no value of one", id, key, value)
				}
			}
			isOfCluster := strings.HasPrefix(object.Kind(), "Cluster")
			if isOfCluster != (object.Text("metadata", "namespace") == "") {
				t.Errorf("%s: namespace %q", id, object.Text("metadata", "namespace"))
			}
		}
	})
}
