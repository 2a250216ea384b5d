package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/argoproj/argo-cd/v3/util/lua"
	"github.com/argoproj/argo-cd/v3/util/settings"
	jsonpatch "github.com/evanphx/json-patch"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// runAction does what RunResourceActionV2 of Argo CD's API server does, but for asking who may, and sending the patch.
//
// Arguments: the namespace of Argo CD, and the action; KUBECONFIG leads to the cluster. Reads the live object from
// standard input, as JSON, and writes the merge patch that Argo CD would send.
func runAction() error {
	if len(os.Args) != 3 {
		return errors.New("usage: argocd-resource-action NAMESPACE ACTION <OBJECT")
	}
	live, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	changed, err := act(live, os.Args[1], os.Args[2])
	if err != nil {
		return err
	}
	patch, err := jsonpatch.CreateMergePatch(live, changed)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(patch)
	return err
}

// act answers what the action makes of an object, by the scripts in the ConfigMap argocd-cm.
func act(live []byte, namespace, name string) ([]byte, error) {
	obj := &unstructured.Unstructured{}
	if err := obj.UnmarshalJSON(live); err != nil {
		return nil, err
	}
	vm, err := configured(namespace)
	if err != nil {
		return nil, err
	}
	action, err := vm.GetResourceAction(obj, name)
	if err != nil {
		return nil, err
	}
	resources, err := vm.ExecuteResourceAction(obj, action.ActionLua, nil)
	if err != nil {
		return nil, err
	}
	if len(resources) != 1 || resources[0].K8SOperation != lua.PatchOperation {
		return nil, fmt.Errorf("the action %s does something else than to patch the object", name)
	}
	return resources[0].UnstructuredObj.MarshalJSON()
}

func configured(namespace string) (lua.VM, error) {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return lua.VM{}, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return lua.VM{}, err
	}
	overrides, err := settings.NewSettingsManager(context.Background(), client, namespace).GetResourceOverrides()
	return lua.VM{ResourceOverrides: overrides}, err
}
