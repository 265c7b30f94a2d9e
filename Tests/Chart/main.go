package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// The repository, from this folder.
const repository = "../.."

var chartFolder = filepath.Join(repository, "helm/weir")

// copies are the folders of the chart that hold what belongs elsewhere, which Helm could not read there.
var copies = map[string]string{"rules": "alerts/*.rules.yaml", "dashboards": "grafana/dashboards/*.json"}

const usage = `usage: chart render [VALUES…]   prints what Helm would send, with these files of values
       chart update             makes helm/weir's README.md, rules/ and dashboards/ anew`

func main() {
	if len(os.Args) < 2 {
		fail(usage)
	}
	switch os.Args[1] {
	case "render":
		values := map[string]interface{}{}
		for _, file := range os.Args[2:] {
			data, err := os.ReadFile(file)
			check(err)
			next, err := ReadValues(data)
			check(err)
			values = Coalesce(next, values)
		}
		chart, err := LoadChart(chartFolder)
		check(err)
		rendering, err := Render(chart, values, Release{Name: "weir", Namespace: "weir", Service: "Helm", Revision: 1, IsInstall: true})
		check(err)
		for _, object := range rendering.Objects {
			data, err := yaml.Marshal(object)
			check(err)
			fmt.Printf("---\n%s", data)
		}
		fmt.Fprintln(os.Stderr, rendering.Notes)
	case "update":
		check(update())
	default:
		fail(usage)
	}
}

func update() error {
	for folder, pattern := range copies {
		target := filepath.Join(chartFolder, folder)
		if err := os.RemoveAll(target); err != nil {
			return err
		}
		sources, err := filepath.Glob(filepath.Join(repository, pattern))
		if err != nil {
			return err
		}
		for _, source := range sources {
			data, err := os.ReadFile(source)
			if err != nil {
				return err
			}
			if err := os.MkdirAll(target, 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(target, filepath.Base(source)), data, 0o644); err != nil {
				return err
			}
		}
	}
	text, err := readmeText()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(chartFolder, "README.md"), []byte(text), 0o644)
}

// readmeText is what helm/weir/README.md must be.
func readmeText() (string, error) {
	chart, err := LoadChart(chartFolder)
	if err != nil {
		return "", err
	}
	head, err := os.ReadFile("readme-head.md")
	if err != nil {
		return "", err
	}
	values, err := os.ReadFile(filepath.Join(chartFolder, "values.yaml"))
	if err != nil {
		return "", err
	}
	return Readme(chart, string(head), string(values))
}

func check(err error) {
	if err != nil {
		fail(strings.TrimSpace(err.Error()))
	}
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(1)
}
