package main

import (
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
)

func patches(ctx context.Context) (any, error) {
	pods := clientset.CoreV1().Pods(namespace)
	pod := manifest("patched", "", map[string]string{"a": "1", "b": "2"})
	pod.Finalizers = []string{"example.org/held"}
	created, err := pods.Create(ctx, pod, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	patch := func(kind types.PatchType, body string) (*corev1.Pod, error) {
		return pods.Patch(ctx, "patched", kind, []byte(body), metav1.PatchOptions{})
	}
	strategic, err := patch(types.StrategicMergePatchType,
		`{"metadata": {"labels": {"a": null}, "finalizers": ["example.org/second"]}}`)
	if err != nil {
		return nil, err
	}
	tested, err := patch(types.JSONPatchType, `[{"op": "add", "path": "/metadata/labels/c", "value": "3"}]`)
	if err != nil {
		return nil, err
	}
	_, failed := patch(types.JSONPatchType, `[{"op": "test", "path": "/metadata/labels/b", "value": "other"}]`)
	merged, err := patch(types.MergePatchType, `{"metadata": {"finalizers": null}}`)
	if err != nil {
		return nil, err
	}
	created.Labels["late"] = "yes"
	_, stale := pods.Update(ctx, created, metav1.UpdateOptions{})
	return told{
		"strategic":   []any{strategic.Labels, len(strategic.Finalizers)},
		"json":        tested.Labels,
		"failed test": refusal(failed),
		"merge":       len(merged.Finalizers),
		"stale":       refusal(stale),
	}, nil
}

func serverSideApply(ctx context.Context) (any, error) {
	pods := clientset.CoreV1().Pods(namespace)
	applied := func(manager string, owner string, force bool) (*corev1.Pod, error) {
		container := applycorev1.Container().WithName("base").WithImage("busybox:stable")
		pod := applycorev1.Pod("applied", namespace).
			WithLabels(map[string]string{"owner": owner}).
			WithSpec(applycorev1.PodSpec().WithSchedulerName("nobody").WithContainers(container))
		return pods.Apply(ctx, pod, metav1.ApplyOptions{FieldManager: manager, Force: force})
	}
	first, err := applied("reaper", "a", false)
	if err != nil {
		return nil, err
	}
	_, conflict := applied("other", "b", false)
	forced, err := applied("other", "b", true)
	if err != nil {
		return nil, err
	}
	extracted, err := applycorev1.ExtractPod(forced, "other")
	if err != nil {
		return nil, err
	}
	return told{
		"manager":   first.ManagedFields[0].Manager,
		"conflict":  refusal(conflict),
		"forced":    forced.Labels,
		"extracted": extracted.Labels,
	}, nil
}

func carefulDeletes(ctx context.Context) (any, error) {
	if err := running(ctx, "careful", "sleep 600"); err != nil {
		return nil, err
	}
	pods := clientset.CoreV1().Pods(namespace)
	pod, err := pods.Get(ctx, "careful", metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	other := types.UID("11111111-2222-3333-4444-555555555555")
	old := "1"
	otherUID := pods.Delete(ctx, "careful", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &other}})
	otherVersion := pods.Delete(ctx, "careful", metav1.DeleteOptions{
		Preconditions: &metav1.Preconditions{UID: &pod.UID, ResourceVersion: &old},
	})
	dry := pods.Delete(ctx, "careful", metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
	kept, err := pods.Get(ctx, "careful", metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	granted := pods.Delete(ctx, "careful", *metav1.NewPreconditionDeleteOptions(string(pod.UID)))
	if err := gone(ctx, "careful"); err != nil {
		return nil, err
	}
	return told{
		"other uid":     refusal(otherUID),
		"other version": refusal(otherVersion),
		"dry run":       refusal(dry),
		"kept":          kept.DeletionTimestamp == nil,
		"granted":       refusal(granted),
		"again":         refusal(pods.Delete(ctx, "careful", metav1.DeleteOptions{})),
	}, nil
}

func bulkAndEviction(ctx context.Context) (any, error) {
	pods := clientset.CoreV1().Pods(namespace)
	for _, name := range []string{"bulk-a", "bulk-b", "bulk-c"} {
		if _, err := made(ctx, name, "", map[string]string{"set": "bulk", "name": name}); err != nil {
			return nil, err
		}
	}
	err := pods.DeleteCollection(ctx, *metav1.NewDeleteOptions(0), metav1.ListOptions{
		LabelSelector: "set=bulk,name!=bulk-c",
	})
	if err != nil {
		return nil, err
	}
	left, err := pods.List(ctx, metav1.ListOptions{LabelSelector: "set=bulk"})
	if err != nil {
		return nil, err
	}
	eviction := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: "bulk-c", Namespace: namespace}}
	if err := clientset.PolicyV1().Evictions(namespace).Evict(ctx, eviction); err != nil {
		return nil, err
	}
	_, dry := pods.Create(ctx, manifest("imagined", "", nil), metav1.CreateOptions{DryRun: []string{"All"}})
	imagined := pods.Delete(ctx, "imagined", metav1.DeleteOptions{})
	names := []string{}
	for _, pod := range left.Items {
		names = append(names, pod.Name)
	}
	return told{
		"left":                strings.Join(names, " "),
		"evicted":             gone(ctx, "bulk-c") == nil,
		"dry run of a create": refusal(dry),
		"imagined":            refusal(imagined),
	}, nil
}
