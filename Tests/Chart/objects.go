package main

// Text, List, Map and Number walk into an object; what is not there, or is something else, is empty.

func (o Object) at(path []string) interface{} {
	var value interface{} = map[string]interface{}(o)
	for _, key := range path {
		section, _ := value.(map[string]interface{})
		value = section[key]
	}
	return value
}

func (o Object) Text(path ...string) string {
	text, _ := o.at(path).(string)
	return text
}

func (o Object) Map(path ...string) Object {
	section, _ := o.at(path).(map[string]interface{})
	return section
}

func (o Object) Number(path ...string) int {
	number, _ := o.at(path).(float64)
	return int(number)
}

func (o Object) List(path ...string) []Object {
	list, _ := o.at(path).([]interface{})
	objects := []Object{}
	for _, item := range list {
		object, _ := item.(map[string]interface{})
		objects = append(objects, object)
	}
	return objects
}

func (o Object) Kind() string { return o.Text("kind") }
func (o Object) Name() string { return o.Text("metadata", "name") }

// ID is Kind/name, with the namespace in front where it is another than the release's.
func (r *Rendering) ID(o Object) string {
	id := o.Kind() + "/" + o.Name()
	if namespace := o.Text("metadata", "namespace"); namespace != "" && namespace != r.Release.Namespace {
		id = namespace + ":" + id
	}
	return id
}

// Of gives the objects of a kind.
func (r *Rendering) Of(kinds ...string) []Object {
	found := []Object{}
	for _, object := range r.Objects {
		for _, kind := range kinds {
			if object.Kind() == kind {
				found = append(found, object)
			}
		}
	}
	return found
}

// Workload is the StatefulSet or the DaemonSet, Pod its template, and Container the one in it.
func (r *Rendering) Workload() Object  { return r.Of("StatefulSet", "DaemonSet")[0] }
func (r *Rendering) Pod() Object       { return r.Workload().Map("spec", "template") }
func (r *Rendering) Container() Object { return r.Pod().List("spec", "containers")[0] }

// Configuration is weir.yaml, as text and read.
func (r *Rendering) Configuration() (string, Object) {
	text := r.Of("ConfigMap")[0].Text("data", "weir.yaml")
	configuration := Object{}
	if err := unmarshal(text, &configuration); err != nil {
		return text, nil
	}
	return text, configuration
}
