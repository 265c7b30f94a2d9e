package main

import (
	"fmt"
	"strings"

	"github.com/xeipuuv/gojsonschema"
	"sigs.k8s.io/yaml"
)

// ReadValues reads a file of values.
func ReadValues(data []byte) (map[string]interface{}, error) {
	values := map[string]interface{}{}
	err := yaml.UnmarshalStrict(data, &values)
	return values, err
}

// Coalesce puts a user's values over the chart's, map by map, as Helm does: a null takes the chart's value away.
func Coalesce(users, defaults map[string]interface{}) map[string]interface{} {
	result := map[string]interface{}{}
	for key, value := range defaults {
		result[key] = value
	}
	for key, value := range users {
		user, isMap := value.(map[string]interface{})
		own, hasMap := defaults[key].(map[string]interface{})
		switch {
		case value == nil:
			delete(result, key)
		case isMap && hasMap:
			result[key] = Coalesce(user, own)
		default:
			result[key] = value
		}
	}
	return result
}

// Validate holds values against a JSON schema, with the library that Helm uses.
func Validate(schema []byte, values interface{}) error {
	compiled, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(schema))
	if err != nil {
		return err
	}
	return meets(compiled, values)
}

func meets(schema *gojsonschema.Schema, values interface{}) error {
	result, err := schema.Validate(gojsonschema.NewGoLoader(values))
	if err != nil {
		return err
	}
	var problems []string
	for _, problem := range result.Errors() {
		problems = append(problems, problem.String())
	}
	if problems != nil {
		return fmt.Errorf("values don't meet the specifications of the schema:\n- %s", strings.Join(problems, "\n- "))
	}
	return nil
}
