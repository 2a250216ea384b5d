// Translates AlertmanagerConfigs as the prometheus-operator does: by its own generator, without a cluster.
//
// Reads YAML documents: Secrets, AlertmanagerConfigs, and one without a kind, which is the configuration of the
// Alertmanager itself. Writes the configuration that the prometheus-operator would give to the Alertmanager.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/blang/semver/v4"
	"github.com/prometheus-operator/prometheus-operator/pkg/alertmanager"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1alpha1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	"github.com/prometheus-operator/prometheus-operator/pkg/assets"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/yaml"
)

// Of the Alertmanager in tools/go/alertmanager: the prometheus-operator leaves out what an older one cannot read.
const alertmanagerVersion = "0.31.1"

// Where the Alertmanager runs. Which namespace that is changes nothing with the default matcher strategy.
const alertmanagerNamespace = "monitoring"

type documents struct {
	base    []byte
	configs map[string]*monitoringv1alpha1.AlertmanagerConfig
	secrets []runtime.Object
}

func main() {
	given, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = translate(context.Background(), given, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func translate(ctx context.Context, given []byte, to io.Writer) error {
	read, err := readAll(given)
	if err != nil {
		return err
	}
	core := fake.NewClientset(read.secrets...).CoreV1()
	builder := alertmanager.NewConfigBuilder(
		slog.New(slog.NewTextHandler(os.Stderr, nil)),
		semver.MustParse(alertmanagerVersion),
		assets.NewStoreBuilder(core, core),
		&monitoringv1.Alertmanager{ObjectMeta: metav1.ObjectMeta{Namespace: alertmanagerNamespace}},
	)
	if err := builder.InitializeFromRawConfiguration(read.base); err != nil {
		return fmt.Errorf("the Alertmanager's own configuration: %w", err)
	}
	if err := builder.AddAlertmanagerConfigs(ctx, read.configs); err != nil {
		return err
	}
	written, err := builder.MarshalJSON() // YAML, in spite of its name
	if err != nil {
		return err
	}
	_, err = to.Write(written)
	return err
}

func readAll(given []byte) (documents, error) {
	read := documents{configs: map[string]*monitoringv1alpha1.AlertmanagerConfig{}}
	for _, document := range bytes.Split(given, []byte("\n---\n")) {
		if err := read.add(document); err != nil {
			return read, err
		}
	}
	if read.base == nil {
		return read, errors.New("no document is the configuration of the Alertmanager itself: add one without a kind")
	}
	return read, nil
}

func (read *documents) add(document []byte) error {
	var meta metav1.TypeMeta
	if err := yaml.Unmarshal(document, &meta); err != nil {
		return err
	}
	switch meta.Kind {
	case "":
		read.base = document
	case "Secret":
		secret := &corev1.Secret{}
		if err := yaml.UnmarshalStrict(document, secret); err != nil {
			return err
		}
		secret.Data = map[string][]byte{}
		for key, value := range secret.StringData { // as the API server does
			secret.Data[key] = []byte(value)
		}
		read.secrets = append(read.secrets, secret)
	case "AlertmanagerConfig":
		config := &monitoringv1alpha1.AlertmanagerConfig{}
		if err := yaml.UnmarshalStrict(document, config); err != nil {
			return err
		}
		read.configs[config.Namespace+"/"+config.Name] = config
	default:
		return fmt.Errorf("a document of kind %s: remove it", meta.Kind)
	}
	return nil
}
