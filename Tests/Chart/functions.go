package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"sigs.k8s.io/yaml"
)

// Files is .Files: what is in the chart beside its templates.
type Files map[string][]byte

func (f Files) GetBytes(name string) []byte { return f[name] }
func (f Files) Get(name string) string      { return string(f[name]) }

// Glob gives the files of which the whole path matches; Helm's ** is not there.
func (f Files) Glob(pattern string) Files {
	found := Files{}
	for name, data := range f {
		if matched, _ := path.Match(pattern, name); matched {
			found[name] = data
		}
	}
	return found
}

// AsConfig is the data of a ConfigMap, by the files' base names.
func (f Files) AsConfig() string {
	data := map[string]string{}
	for name, content := range f {
		data[path.Base(name)] = string(content)
	}
	return toYAML(data)
}

// AsSecrets is the data of a Secret, by the files' base names.
func (f Files) AsSecrets() string {
	data := map[string]string{}
	for name, content := range f {
		data[path.Base(name)] = base64.StdEncoding.EncodeToString(content)
	}
	return toYAML(data)
}

func (f Files) Lines(name string) []string {
	return strings.Split(strings.TrimSuffix(string(f[name]), "\n"), "\n")
}

// functions are Helm's: Sprig's without the environment, and those that Helm adds, of which include and tpl belong to a rendering.
func functions() template.FuncMap {
	all := sprig.TxtFuncMap()
	delete(all, "env")
	delete(all, "expandenv")
	fromYAML := func(data []byte, into interface{}) error { return yaml.Unmarshal(data, into) }
	helms := template.FuncMap{
		"toYaml": toYAML,
		"fromYaml": func(text string) map[string]interface{} {
			return decoded(text, fromYAML, map[string]interface{}{})
		},
		"fromYamlArray": func(text string) []interface{} { return decodedList(text, fromYAML) },
		"toJson":        toJSON,
		"fromJson": func(text string) map[string]interface{} {
			return decoded(text, json.Unmarshal, map[string]interface{}{})
		},
		"fromJsonArray": func(text string) []interface{} { return decodedList(text, json.Unmarshal) },
		"required":      required,
		"lookup":        func(string, string, string, string) map[string]interface{} { return map[string]interface{}{} },
	}
	for name, function := range helms {
		all[name] = function
	}
	return all
}

func toYAML(value interface{}) string {
	data, err := yaml.Marshal(value)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(data), "\n")
}

func toJSON(value interface{}) string {
	data, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(data)
}

// decoded gives a map with the key Error where the text cannot be read, as Helm does.
func decoded(text string, decode func([]byte, interface{}) error, into map[string]interface{}) map[string]interface{} {
	if err := decode([]byte(text), &into); err != nil {
		into["Error"] = err.Error()
	}
	return into
}

func decodedList(text string, decode func([]byte, interface{}) error) []interface{} {
	into := []interface{}{}
	if err := decode([]byte(text), &into); err != nil {
		return []interface{}{err.Error()}
	}
	return into
}

func required(message string, value interface{}) (interface{}, error) {
	if text, isText := value.(string); value == nil || isText && text == "" {
		return value, errors.New(message)
	}
	return value, nil
}

// unmarshal is shared by what reads rendered text: a key that is there twice is an error.
func unmarshal(text string, into interface{}) error {
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		return fmt.Errorf("%w in\n%s", err, text)
	}
	return nil
}
