// The two programs of Argo CD that sync, and one that runs its resource actions: which one, says the name of the file.
//
// Argo CD's own binary does the same, and also holds its web pages, which the module does not come with.
package main

import (
	"errors"
	"os"
	"path/filepath"

	controller "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	reposerver "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
	log "github.com/sirupsen/logrus"
)

func main() {
	if err := run(filepath.Base(os.Args[0])); err != nil {
		log.Fatal(err)
	}
}

func run(name string) error {
	switch name {
	case "argocd-application-controller":
		return controller.NewCommand().Execute()
	case "argocd-repo-server":
		return reposerver.NewCommand().Execute()
	case "argocd-resource-action":
		return runAction()
	default:
		return errors.New("not a name of a program: " + name)
	}
}
