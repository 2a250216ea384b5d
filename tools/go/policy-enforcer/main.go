// Keeps the NetworkPolicies of one node by kube-router's firewall. Nothing else of kube-router is in here: no routes, no
// Services, and so neither BGP nor the libraries of any cloud.
package main

import (
	"flag"
	"log"
	"sync"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	config := options.NewKubeRouterConfig()
	config.EnableIPv4 = true
	flag.StringVar(&config.Kubeconfig, "kubeconfig", "", "how to reach the API server")
	flag.StringVar(&config.HostnameOverride, "node", "", "the name of this node")
	flag.StringVar(&config.ClusterIPCIDRs[0], "services", config.ClusterIPCIDRs[0], "the addresses of Services")
	flag.Parse()
	if err := keep(config); err != nil {
		log.Fatal(err)
	}
}

// keep runs until the process is ended.
func keep(config *options.KubeRouterConfig) error {
	access, err := clientcmd.BuildConfigFromFlags("", config.Kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(access)
	if err != nil {
		return err
	}
	commands, sets, err := netpol.NewIPTablesHandlers(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	pods, namespaces := factory.Core().V1().Pods().Informer(), factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	firewall, err := netpol.NewNetworkPolicyController(
		client, config, pods, policies, namespaces, &sync.Mutex{}, commands, sets)
	if err != nil {
		return err
	}
	handlers := map[cache.SharedIndexInformer]cache.ResourceEventHandler{
		pods:       firewall.PodEventHandler,
		namespaces: firewall.NamespaceEventHandler,
		policies:   firewall.NetworkPolicyEventHandler,
	}
	for informer, handler := range handlers {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	run(firewall, factory)
	return nil
}

func run(firewall *netpol.NetworkPolicyController, factory informers.SharedInformerFactory) {
	never, beats := make(chan struct{}), make(chan *healthcheck.ControllerHeartbeat)
	factory.Start(never)
	factory.WaitForCacheSync(never)
	go func() {
		for range beats { // nobody asks about its health
		}
	}()
	var running sync.WaitGroup
	running.Add(1)
	firewall.Run(beats, never, &running)
}
