package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// zombieReaper deletes pods whose base container ended while another runs on, each by its uid and version.
type zombieReaper struct{ client.Client }

func (r zombieReaper) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	pod := &corev1.Pod{}
	if err := r.Get(ctx, request.NamespacedName, pod); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if pod.DeletionTimestamp != nil || !zombieLike(pod) {
		return ctrl.Result{}, nil
	}
	seen := client.Preconditions{UID: &pod.UID, ResourceVersion: &pod.ResourceVersion}
	err := r.Delete(ctx, pod, seen, client.GracePeriodSeconds(0))
	if errors.IsConflict(err) {
		return ctrl.Result{Requeue: true}, nil
	}
	return ctrl.Result{}, client.IgnoreNotFound(err)
}

func zombieLike(pod *corev1.Pod) bool {
	ended, runs := false, false
	for _, status := range pod.Status.ContainerStatuses {
		if status.Name == "base" {
			ended = status.State.Terminated != nil
		} else {
			runs = runs || status.State.Running != nil
		}
	}
	return ended && runs
}

// reconciling runs a manager that has to lead, over a zombie, a live pod, and one that becomes a zombie meanwhile.
func reconciling(ctx context.Context) (any, error) {
	log.SetLogger(zap.New())
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Cache:                   cache.Options{DefaultNamespaces: map[string]cache.Config{namespace: {}}},
		Metrics:                 metricsserver.Options{BindAddress: "0"},
		HealthProbeBindAddress:  "0",
		LeaderElection:          true,
		LeaderElectionID:        "zombie-reaper",
		LeaderElectionNamespace: namespace,
	})
	if err != nil {
		return nil, err
	}
	if err := ctrl.NewControllerManagedBy(manager).For(&corev1.Pod{}).Complete(zombieReaper{manager.GetClient()}); err != nil {
		return nil, err
	}
	if err := seeded(ctx, "zombie", true); err != nil {
		return nil, err
	}
	if err := seeded(ctx, "live", false); err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- manager.Start(running) }()
	finish := func() error {
		stop()
		select {
		case err := <-ended:
			return err
		case <-time.After(patience):
			return fmt.Errorf("the manager did not stop")
		}
	}
	err = gone(ctx, "zombie")
	if err == nil {
		if err = seeded(ctx, "later", true); err == nil {
			err = gone(ctx, "later")
		}
	}
	if stopped := finish(); err == nil {
		err = stopped
	}
	if err != nil {
		return nil, err
	}
	_, live := clientset.CoreV1().Pods(namespace).Get(ctx, "live", metav1.GetOptions{})
	lease, err := clientset.CoordinationV1().Leases(namespace).Get(ctx, "zombie-reaper", metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return told{"live": refusal(live), "led": *lease.Spec.HolderIdentity != ""}, nil
}

// seeded makes a pod of two containers and says of it what a kubelet would.
func seeded(ctx context.Context, name string, zombie bool) error {
	pod := manifest(name, "", nil)
	pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: "sidecar", Image: "busybox:stable"})
	created, err := clientset.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	runs := corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}}
	base := runs
	if zombie {
		base = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 0, Reason: "Completed"}}
	}
	created.Status.Phase = corev1.PodRunning
	created.Status.ContainerStatuses = []corev1.ContainerStatus{
		{Name: "base", State: base}, {Name: "sidecar", State: runs},
	}
	_, err = clientset.CoreV1().Pods(namespace).UpdateStatus(ctx, created, metav1.UpdateOptions{})
	return err
}

var chapters = []chapter{
	{"pages", pages},
	{"informer", informer},
	{"metadata_informer", metadataInformer},
	{"expired_watch", expiredWatch},
	{"patches", patches},
	{"server_side_apply", serverSideApply},
	{"careful_deletes", carefulDeletes},
	{"bulk_and_eviction", bulkAndEviction},
	{"logs", logs},
	{"execution", execution},
	{"discovery", whatThereIs},
	{"election", election},
	{"events", eventsByRecorder},
	{"reconciling", reconciling},
}
