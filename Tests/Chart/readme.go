package main

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// Readme is the chart's README: a head of text, and a table of all values with the comments that stand above them in values.yaml ("# -- …").
func Readme(chart *Chart, head, values string) (string, error) {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(values), &document); err != nil {
		return "", err
	}
	rows, err := rowsOf(document.Content[0], "")
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(head) + "\n\n## Values\n\n| value | default | |\n|---|---|---|\n" + rows, nil
}

// rowsOf fails where a value has neither a comment nor values below it that have one.
func rowsOf(mapping *yaml.Node, prefix string) (string, error) {
	rows := ""
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		name := prefix + key.Value
		if comment := strings.TrimPrefix(key.HeadComment, "# -- "); comment != key.HeadComment {
			text := toJSON(plain(value))
			rows += fmt.Sprintf("| `%s` | `%s` | %s |\n", name, strings.ReplaceAll(text, "|", "\\|"), strings.ReplaceAll(comment, "\n# ", " "))
			continue
		}
		if value.Kind != yaml.MappingNode || len(value.Content) == 0 {
			return "", fmt.Errorf("values.yaml:%d: %s has no comment", key.Line, name)
		}
		below, err := rowsOf(value, name+".")
		if err != nil {
			return "", err
		}
		rows += below
	}
	return rows, nil
}

func plain(node *yaml.Node) interface{} {
	var value interface{}
	_ = node.Decode(&value)
	return value
}
