package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// weir is the program, which test.sh finds.
func weir(t *testing.T) string {
	program := os.Getenv("WEIR")
	if program == "" {
		t.Fatal("WEIR names the program; start with Tests/Chart/test.sh")
	}
	return program
}

// The weir.yaml of each row is one that Weir takes, with the files there that the pod would have.
func TestConfigurationIsValid(t *testing.T) {
	t.Setenv("NODE_NAME", "worker-0")
	every(t, func(t *testing.T, r *Rendering) {
		folder := t.TempDir()
		text, configuration := r.Configuration()
		text = strings.ReplaceAll(text, "/etc/weir/", folder+"/")
		if file := configuration.Text("web", "config_file"); file != "" {
			write(t, strings.Replace(file, "/etc/weir", folder, 1), "basic_auth_users: { a: $2y$10$w7NWLLUJoZSu.btBPEJmBOIe1WFwwpGPGK3xpFM1sEL74VtoiPD7u }\n")
		}
		for _, match := range regexp.MustCompile(folder+`/secrets/\S+`).FindAllString(text, -1) {
			write(t, match, "secret")
		}
		file := filepath.Join(folder, "weir.yaml")
		write(t, file, text)
		if output, err := exec.Command(weir(t), "check", "config", file).CombinedOutput(); err != nil {
			t.Errorf("%s\n%s", output, text)
		}
	})
}

func write(t *testing.T, file, text string) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The rules, as the operator hands them on, are rules to Prometheus.
func TestRulesAreValid(t *testing.T) {
	checked := 0
	every(t, func(t *testing.T, r *Rendering) {
		for _, rule := range r.Of("PrometheusRule") {
			data, err := yaml.Marshal(rule["spec"])
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "rules.yaml")
			write(t, file, string(data))
			if output, err := exec.Command("promtool", "check", "rules", file).CombinedOutput(); err != nil {
				t.Errorf("%s: %s", rule.Name(), output)
			}
			runbooks := Object(r.Values).Text("prometheusRule", "runbooks")
			if runbooks != "" && (strings.Contains(string(data), "https://weir.example.org/") || !strings.Contains(string(data), runbooks)) {
				t.Error("runbook_url is not that of the values")
			}
			checked++
		}
	})
	if checked < 6 {
		t.Error(checked)
	}
}

// The ledger's own bound of rare amounts, of which drops have two for each reason: so many times max_pairs.
func rarePerPair(t *testing.T) int {
	source, err := os.ReadFile("../../Sources/Ledger/Ledger.swift")
	if err != nil {
		t.Fatal(err)
	}
	bound := regexp.MustCompile(`static let rarePerPair = (\d+)\n`).FindSubmatch(source)
	if bound == nil || !strings.Contains(string(source), "guard rareIndex.count < Self.rarePerPair * configuration.maxPairs else") {
		t.Fatal("the ledger's bound is no longer where this test reads it")
	}
	number, _ := strconv.Atoi(string(bound[1]))
	return number
}

// The sample limit is what the configuration lets Weir expose: computed here once more, from the configuration that is rendered.
func TestSampleLimit(t *testing.T) {
	seen := 0
	every(t, func(t *testing.T, r *Rendering) {
		for _, monitor := range append(r.Of("ServiceMonitor"), r.Of("PodMonitor")...) {
			seen++
			_, configuration := r.Configuration()
			pairs := configuration.Number("metrics", "max_pairs")
			if pairs == 0 {
				pairs = 50000
			}
			families := []interface{}{"bytes", "packets", "drops"}
			if list, given := configuration.at([]string{"metrics", "families"}).([]interface{}); given {
				families = list
			}
			perPair, rare := 0, 0
			for _, family := range families {
				switch family {
				case "bytes", "packets", "records":
					perPair++
				case "drops":
					rare += rarePerPair(t)
				default:
					rare++
				}
			}
			if rare > rarePerPair(t) {
				rare = rarePerPair(t)
			}
			expected := pairs*(perPair+rare) + 300000
			if configuration.Map("metrics")["created_samples"] == true {
				expected *= 2
			}
			if monitor.Number("spec", "sampleLimit") != expected {
				t.Errorf("%d, not %d", monitor.Number("spec", "sampleLimit"), expected)
			}
		}
	})
	if seen < 3 {
		t.Error(seen)
	}
}

// A process of the test's own, ended with it.
func start(t *testing.T, log io.Writer, program string, arguments ...string) *exec.Cmd {
	command := exec.Command(program, arguments...)
	command.Stderr, command.Stdout = log, io.Discard
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return command
}

func waitUntil(t *testing.T, what string, holds func() bool) {
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatal("not within two minutes: ", what)
}

func get(address string) (int, string) {
	answer, err := http.Get(address)
	if err != nil {
		return 0, ""
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body)
}

// served starts Weir with a rendered configuration, but with ports of the kernel's choice, on loopback, and with names from a file.
func served(t *testing.T, r *Rendering, pods string) (flows, web, probes string) {
	folder := t.TempDir()
	_, configuration := r.Configuration()
	configuration["listen"] = []string{"127.0.0.1:0"}
	configuration["listen_tcp"] = []string{}
	configuration["web"] = map[string]string{"listen": "127.0.0.1:0", "probe_listen": "127.0.0.1:0"}
	configuration["state"] = map[string]string{"directory": filepath.Join(folder, "state")}
	configuration["kubernetes"] = map[string]string{"mode": "disabled"}
	configuration["log"] = map[string]string{"format": "json"}
	configuration["identity"] = map[string]string{"file": pods}
	metrics := configuration.Map("metrics")
	if metrics == nil {
		metrics = Object{}
	}
	metrics["birth_delay"] = "0s"
	configuration["metrics"] = map[string]interface{}(metrics)
	data, err := yaml.Marshal(configuration)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "weir.yaml")
	write(t, file, string(data))
	reader, writer := io.Pipe()
	start(t, writer, weir(t), "serve", "--config", file)
	lines := bufio.NewScanner(reader)
	addresses := map[string]string{}
	for len(addresses) < 3 && lines.Scan() {
		line := map[string]interface{}{}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line["address"] != nil {
			addresses[fmt.Sprint(line["message"])] = fmt.Sprint(line["address"])
		}
	}
	go io.Copy(io.Discard, reader) //nolint:errcheck
	flows, web = addresses["listening for flow records"], addresses["serving HTTP"]
	for _, address := range addresses {
		if address != flows && address != web {
			probes = address
		}
	}
	if flows == "" || web == "" || probes == "" {
		t.Fatal(addresses)
	}
	waitUntil(t, "Weir is ready", func() bool { status, _ := get("http://" + probes + "/-/ready"); return status == 200 })
	return flows, web, probes
}

// captures is shared/captures beside or above the repository.
func captures(t *testing.T) string {
	place, _ := filepath.Abs(repository)
	for place != "/" {
		place = filepath.Dir(place)
		if folder := filepath.Join(place, "shared/captures"); exists(folder) {
			return folder
		}
	}
	t.Fatal("the tests need the folder shared/captures beside the repository")
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// The probes of the pod are answered, on the port that has nothing else.
func TestProbes(t *testing.T) {
	r, err := rendered(loaded(t), map[string]interface{}{})
	if err != nil {
		t.Fatal(err)
	}
	_, _, probes := served(t, r, filepath.Join(captures(t), "pods.json"))
	for _, probe := range []string{"livenessProbe", "readinessProbe"} {
		if status, body := get("http://" + probes + r.Container().Text(probe, "httpGet", "path")); status != 200 {
			t.Error(probe, status, body)
		}
	}
	if status, _ := get("http://" + probes + "/metrics"); status == 200 {
		t.Error("the probes' port has metrics")
	}
}

// scraping starts a real Prometheus that scrapes as the operator would make it do for this monitor: with the target labels of a pod, with the monitor's own
// relabelings, sample limit and honorLabels.
func scraping(t *testing.T, r *Rendering, target string) string {
	monitor := append(r.Of("ServiceMonitor"), r.Of("PodMonitor")...)[0]
	endpoint := append(monitor.List("spec", "endpoints"), monitor.List("spec", "podMetricsEndpoints")...)[0]
	relabelings := []map[string]interface{}{}
	for _, relabeling := range endpoint.List("relabelings") {
		entry := map[string]interface{}{}
		for key, value := range relabeling {
			entry[regexp.MustCompile(`[A-Z]`).ReplaceAllStringFunc(key, func(c string) string { return "_" + strings.ToLower(c) })] = value
		}
		relabelings = append(relabelings, entry)
	}
	// What the operator takes from the target's metadata; node with attachMetadata or for targets that are nodes.
	labels := map[string]string{
		"namespace": r.Release.Namespace, "pod": r.Workload().Name() + "-0", "container": "weir", "endpoint": endpoint.Text("port"), "service": r.Workload().Name(),
	}
	configuration, err := yaml.Marshal(map[string]interface{}{
		"global": map[string]string{"scrape_interval": "1s", "scrape_timeout": "1s"},
		"scrape_configs": []interface{}{map[string]interface{}{
			"job_name": "serviceMonitor/flows/weir/0", "honor_labels": endpoint["honorLabels"], "metrics_path": endpoint.Text("path"),
			"sample_limit": monitor.Number("spec", "sampleLimit"), "relabel_configs": relabelings,
			"static_configs": []interface{}{map[string]interface{}{"targets": []string{target}, "labels": labels}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	write(t, filepath.Join(folder, "prometheus.yml"), string(configuration))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	start(t, io.Discard, "prometheus", "--config.file="+filepath.Join(folder, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(folder, "data"),
		"--web.listen-address="+address)
	return "http://" + address
}

// query gives the rows of an instant query.
func query(prometheus, expression string) []Object {
	_, body := get(prometheus + "/api/v1/query?query=" + url.QueryEscape(expression))
	answer := Object{}
	if json.Unmarshal([]byte(body), &answer) != nil {
		return nil
	}
	return answer.List("data", "result")
}

// The operator attaches namespace, pod, container, service and endpoint to every target. Nothing that Weir exposes has a label of these names, or it would
// be renamed to exported_….
func TestTargetLabelsCollideWithNothing(t *testing.T) {
	values, _ := ReadValues([]byte(`
serviceMonitor: {enabled: true}
config:
  metrics: {labels: [workload, workload_kind, node, zone, app, protocol, service_port], pod_labels: [app], families: [bytes, packets, drops, records, tcp_syn_records, tcp_reset_records, ecn_marked_packets]}
  detection: {interval: 1s}
`))
	r, err := rendered(loaded(t), values)
	if err != nil {
		t.Fatal(err)
	}
	flows, web, _ := served(t, r, filepath.Join(captures(t), "pods.json"))
	prometheus := scraping(t, r, web)
	for _, capture := range []string{"ovs-sflow-1in1.pcap", "ovs-ipfix-bridge.pcap", "softflowd-v9.pcap"} {
		if output, err := exec.Command(weir(t), "replay", filepath.Join(captures(t), capture), "--to", flows, "--rate", "2000").CombinedOutput(); err != nil {
			t.Fatal(string(output))
		}
	}
	for _, family := range []string{"weir_flow_bytes_total", "weir_interface_octets_total", "weir_exporter_records_total", "weir_alerts", "weir_build_info", "process_open_fds"} {
		waitUntil(t, "Prometheus has "+family, func() bool {
			return len(query(prometheus, family+`{namespace="flows",pod="weir-0",container="weir",service="weir",endpoint="http",job="weir"}`)) > 0
		})
	}
	_, body := get(prometheus + "/api/v1/labels")
	if !strings.Contains(body, `"namespace"`) || strings.Contains(body, "exported_") {
		t.Error(body)
	}
	if up := query(prometheus, "up"); len(up) != 1 || up[0].Text("metric", "job") != "weir" {
		t.Error(up)
	}
}

// With its budget of pairs used up, and all families on, Weir stays below the limit that the chart computes, and a real Prometheus goes on taking it.
func TestSampleLimitHoldsWithTheBudgetUsedUp(t *testing.T) {
	values, _ := ReadValues([]byte(`
serviceMonitor: {enabled: true}
config: {metrics: {max_pairs: 3000, families: [bytes, packets, drops, records, tcp_syn_records, tcp_reset_records, ecn_marked_packets]}}
`))
	r, err := rendered(loaded(t), values)
	if err != nil {
		t.Fatal(err)
	}
	// The thousand pods that `weir bench load` makes traffic of.
	pods := []interface{}{}
	for i := 0; i < 1000; i++ {
		pods = append(pods, Object{
			"apiVersion": "v1", "kind": "Pod", "metadata": Object{"namespace": fmt.Sprint("team-", i/50), "name": fmt.Sprint("service-", i), "uid": fmt.Sprint(i)},
			"status": Object{"phase": "Running", "podIP": fmt.Sprintf("10.128.%d.%d", i/250, i%250+2)},
		})
	}
	names := filepath.Join(t.TempDir(), "pods.json")
	write(t, names, toJSON(Object{"apiVersion": "v1", "kind": "List", "items": pods}))
	flows, web, _ := served(t, r, names)
	prometheus := scraping(t, r, web)
	output, err := exec.Command(weir(t), "bench", "load", "--to", flows, "--protocol", "ipfix", "--records", "100000", "--rate", "50000", "--pairs", "20000").CombinedOutput()
	if err != nil {
		t.Fatal(string(output))
	}
	limit := r.Of("ServiceMonitor")[0].Number("spec", "sampleLimit")
	samples := 0
	waitUntil(t, "the budget is used up", func() bool {
		rows := query(prometheus, `weir_pairs`)
		return len(rows) == 1 && number(rows[0]) >= 2000
	})
	waitUntil(t, "Prometheus says how many samples it took", func() bool {
		rows := query(prometheus, "scrape_samples_scraped")
		if len(rows) == 1 {
			samples = int(number(rows[0]))
		}
		return samples > 2000
	})
	// A pair's own series have their part of the limit for themselves, beside the 300,000 for all else.
	_, text := get("http://" + web + "/metrics?collect[]=flows")
	flowSamples := len(regexp.MustCompile(`(?m)^weir_flow_`).FindAllString(text, -1))
	t.Logf("%d samples, %d of them by pair; limit %d", samples, flowSamples, limit)
	if flowSamples > limit-300000 || samples > limit {
		t.Errorf("%d samples by pair, %d in all, the limit is %d", flowSamples, samples, limit)
	}
	if rows := query(prometheus, "up"); len(rows) != 1 || number(rows[0]) != 1 {
		t.Error("Prometheus refuses it: ", rows)
	}
}

func number(row Object) float64 {
	pair, _ := row["value"].([]interface{})
	if len(pair) != 2 {
		return 0
	}
	value, _ := strconv.ParseFloat(fmt.Sprint(pair[1]), 64)
	return value
}
