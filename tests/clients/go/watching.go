package main

import (
	"bufio"
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/pager"
	"k8s.io/client-go/tools/remotecommand"
)

var podsResource = schema.GroupVersionResource{Version: "v1", Resource: "pods"}

func pages(ctx context.Context) (any, error) {
	for _, name := range []string{"paged-0", "paged-1", "paged-2", "paged-3", "paged-4"} {
		if _, err := made(ctx, name, "", map[string]string{"set": "paged"}); err != nil {
			return nil, err
		}
	}
	sizes, names := []int{}, []string{}
	paged := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		list, err := clientset.CoreV1().Pods(namespace).List(ctx, options)
		if err == nil {
			sizes = append(sizes, len(list.Items))
		}
		return list, err
	})
	paged.PageSize = 2
	err := paged.EachListItem(ctx, metav1.ListOptions{LabelSelector: "set=paged"}, func(object runtime.Object) error {
		names = append(names, object.(*corev1.Pod).Name)
		return nil
	})
	if err != nil {
		return nil, err
	}
	untyped, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	found, err := untyped.Resource(podsResource).Namespace(namespace).List(ctx, metav1.ListOptions{
		LabelSelector: "set=paged", FieldSelector: "metadata.name=paged-3",
	})
	if err != nil {
		return nil, err
	}
	return told{"sizes": sizes, "names": names, "untyped": len(found.Items), "kind": found.Items[0].GetKind()}, nil
}

// sightings keep what the handlers of an informer were told.
type sightings struct {
	sync.Mutex
	seen []string
}

func (r *sightings) handler() cache.ResourceEventHandlerFuncs {
	note := func(what string, object any) {
		accessor, known := object.(metav1.Object)
		r.Lock()
		defer r.Unlock()
		if known {
			r.seen = append(r.seen, what+" "+accessor.GetName()+" "+accessor.GetLabels()["step"])
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { note("added", object) },
		UpdateFunc: func(_, object any) { note("updated", object) },
		DeleteFunc: func(object any) { note("deleted", object) },
	}
}

func (r *sightings) holds(what string) (bool, error) {
	r.Lock()
	defer r.Unlock()
	return slices.Contains(r.seen, what), nil
}

// follow lets an informer see a pod that is there, a change, and its end.
func follow(ctx context.Context, name string, informer cache.SharedIndexInformer, start func(<-chan struct{})) (any, error) {
	pods := clientset.CoreV1().Pods(namespace)
	seen := &sightings{}
	if _, err := informer.AddEventHandler(seen.handler()); err != nil {
		return nil, err
	}
	if _, err := made(ctx, name, "", map[string]string{"step": "1"}); err != nil {
		return nil, err
	}
	stop := make(chan struct{})
	defer close(stop)
	start(stop)
	if err := waited(ctx, "the list", func() (bool, error) { return seen.holds("added " + name + " 1") }); err != nil {
		return nil, err
	}
	label := []byte(`{"metadata": {"labels": {"step": "2"}}}`)
	if _, err := pods.Patch(ctx, name, "application/merge-patch+json", label, metav1.PatchOptions{}); err != nil {
		return nil, err
	}
	if err := waited(ctx, "the change", func() (bool, error) { return seen.holds("updated " + name + " 2") }); err != nil {
		return nil, err
	}
	if err := pods.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		return nil, err
	}
	if err := waited(ctx, "the end", func() (bool, error) { return seen.holds("deleted " + name + " 2") }); err != nil {
		return nil, err
	}
	_, held, err := informer.GetStore().GetByKey(namespace + "/" + name)
	return told{"synced": informer.HasSynced(), "held": held}, err
}

func informer(ctx context.Context) (any, error) {
	factory := informers.NewSharedInformerFactoryWithOptions(clientset, 0, informers.WithNamespace(namespace))
	return follow(ctx, "informed", factory.Core().V1().Pods().Informer(), factory.Start)
}

func metadataInformer(ctx context.Context) (any, error) {
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	factory := metadatainformer.NewFilteredSharedInformerFactory(client, 0, namespace, nil)
	return follow(ctx, "informed-partly", factory.ForResource(podsResource).Informer(), factory.Start)
}

func expiredWatch(ctx context.Context) (any, error) {
	pods := clientset.CoreV1().Pods(namespace)
	if _, err := made(ctx, "before-expiry", "", nil); err != nil {
		return nil, err
	}
	watcher, err := pods.Watch(ctx, metav1.ListOptions{ResourceVersion: "1"})
	if err != nil {
		return nil, err
	}
	defer watcher.Stop()
	event := <-watcher.ResultChan()
	status, isStatus := event.Object.(*metav1.Status)
	if !isStatus {
		return told{"expired": nil}, nil
	}
	return told{"expired": errors.IsResourceExpired(errors.FromObject(status))}, nil
}

func logs(ctx context.Context) (any, error) {
	if err := running(ctx, "talking", "echo one; echo two >&2; echo three; sleep 600"); err != nil {
		return nil, err
	}
	pods := clientset.CoreV1().Pods(namespace)
	stream, err := pods.GetLogs("talking", &corev1.PodLogOptions{Follow: true, Container: "base"}).Stream(ctx)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	lines := []string{}
	for reader := bufio.NewScanner(stream); len(lines) < 3 && reader.Scan(); {
		lines = append(lines, reader.Text())
	}
	last := int64(1)
	tail, err := pods.GetLogs("talking", &corev1.PodLogOptions{TailLines: &last}).DoRaw(ctx)
	if err != nil {
		return nil, err
	}
	_, other := pods.GetLogs("talking", &corev1.PodLogOptions{Container: "other"}).DoRaw(ctx)
	return told{"followed": lines, "tail": strings.TrimSpace(string(tail)), "no such container": refusal(other)}, nil
}

func execution(ctx context.Context) (any, error) {
	if err := running(ctx, "obeying", "sleep 600"); err != nil {
		return nil, err
	}
	request := clientset.CoreV1().RESTClient().Post().
		Namespace(namespace).Resource("pods").Name("obeying").SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{
			Command: []string{"sh", "-c", "read word; echo got $word; echo bad >&2; exit 3"},
			Stdin:   true, Stdout: true, Stderr: true, Container: "base",
		}, scheme.ParameterCodec)
	executor, err := remotecommand.NewWebSocketExecutor(config, "GET", request.URL().String())
	if err != nil {
		return nil, err
	}
	var stdout, stderr bytes.Buffer
	ended := executor.StreamWithContext(ctx, remotecommand.StreamOptions{
		Stdin: strings.NewReader("hello\n"), Stdout: &stdout, Stderr: &stderr,
	})
	code := 0
	if coded, known := ended.(interface{ ExitStatus() int }); known {
		code = coded.ExitStatus()
	} else if ended != nil {
		return nil, ended
	}
	return told{
		"stdout": strings.TrimSpace(stdout.String()), "stderr": strings.TrimSpace(stderr.String()), "code": code,
	}, nil
}

func whatThereIs(context.Context) (any, error) {
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	_, lists, err := client.ServerGroupsAndResources()
	if err != nil {
		return nil, err
	}
	verbs := metav1.Verbs{}
	for _, list := range lists {
		for _, resource := range list.APIResources {
			if list.GroupVersion == "v1" && resource.Name == "pods" {
				verbs = resource.Verbs
			}
		}
	}
	slices.Sort(verbs)
	version, err := client.ServerVersion()
	if err != nil {
		return nil, err
	}
	return told{"verbs": verbs, "version": version.Major}, nil
}
