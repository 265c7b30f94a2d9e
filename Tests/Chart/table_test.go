package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"sort"
	"strings"
	"testing"
)

// A row of the table: a file of values/, whose first lines say what is expected.
//
//	# objects: Kind/name …       all objects that there must be, where the line is there
//	# fails: TEXT                rendering must fail with this in its message
//	# notes: TEXT                NOTES.txt says this
type row struct {
	name, text string
	values     map[string]interface{}
	directives map[string][]string
}

var directive = regexp.MustCompile(`(?m)^# (objects|fails|notes): (.*)$`)

func rows(t *testing.T) []row {
	files, err := filepath.Glob("values/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatal(err, files)
	}
	// What the documentation shows must work, too.
	examples, _ := filepath.Glob(filepath.Join(chartFolder, "examples/*/values.yaml"))
	if len(examples) < 2 {
		t.Fatal("the chart has no examples")
	}
	result := []row{}
	for _, file := range append(files, examples...) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		values, err := ReadValues(data)
		if err != nil {
			t.Fatal(file, err)
		}
		directives := map[string][]string{}
		for _, match := range directive.FindAllStringSubmatch(string(data), -1) {
			directives[match[1]] = append(directives[match[1]], match[2])
		}
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		if name == "values" {
			name = "example-" + filepath.Base(filepath.Dir(file))
		}
		result = append(result, row{name, string(data), values, directives})
	}
	return result
}

func loaded(t *testing.T) *Chart {
	chart, err := LoadChart(chartFolder)
	if err != nil {
		t.Fatal(err)
	}
	return chart
}

func rendered(chart *Chart, values map[string]interface{}) (*Rendering, error) {
	return Render(chart, values, Release{Name: "weir", Namespace: "flows", Service: "Helm", Revision: 1, IsInstall: true})
}

// every renders each row that must render, and hands it on.
func every(t *testing.T, use func(*testing.T, *Rendering)) {
	chart := loaded(t)
	for _, row := range rows(t) {
		if row.directives["fails"] != nil {
			continue
		}
		t.Run(row.name, func(t *testing.T) {
			rendering, err := rendered(chart, row.values)
			if err != nil {
				t.Fatal(err)
			}
			use(t, rendering)
		})
	}
}

func TestTable(t *testing.T) {
	chart := loaded(t)
	for _, row := range rows(t) {
		t.Run(row.name, func(t *testing.T) {
			rendering, err := rendered(chart, row.values)
			if expected := row.directives["fails"]; expected != nil {
				if err == nil || !strings.Contains(err.Error(), expected[0]) {
					t.Fatalf("expected a failure with %q, got %v", expected[0], err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			ids := []string{}
			for _, object := range rendering.Objects {
				ids = append(ids, rendering.ID(object))
			}
			sort.Strings(ids)
			for _, line := range row.directives["objects"] {
				expected := strings.Fields(line)
				sort.Strings(expected)
				if !reflect.DeepEqual(ids, expected) {
					t.Errorf("objects:\n got %s\nwant %s", strings.Join(ids, " "), strings.Join(expected, " "))
				}
			}
			for _, text := range row.directives["notes"] {
				if !strings.Contains(rendering.Notes, text) {
					t.Errorf("NOTES.txt does not say %q:\n%s", text, rendering.Notes)
				}
			}
			if strings.Contains(rendering.Notes, "<nil>") || strings.Contains(rendering.Notes, "%!") {
				t.Errorf("NOTES.txt: %s", rendering.Notes)
			}
		})
	}
}

// Rendering twice gives the same: nothing random, no order of a map, and nothing that a rendering leaves behind in the chart.
func TestRepeatable(t *testing.T) {
	chart := loaded(t)
	for _, row := range rows(t) {
		first, _ := rendered(chart, row.values)
		second, _ := rendered(chart, row.values)
		if !reflect.DeepEqual(first, second) {
			t.Error(row.name, "rendered again, is something else")
		}
	}
}

func TestKubernetesVersion(t *testing.T) {
	chart := loaded(t)
	if chart.Accepts("v1.21.9") || !chart.Accepts("v1.22.0") || !chart.Accepts("v1.31.4-gke.100") {
		t.Error(chart.Metadata.KubeVersion)
	}
}
