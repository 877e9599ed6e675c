package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
)

// election lets one candidate lead, give the lease back, and another follow it at once.
func election(ctx context.Context) (any, error) {
	leases := clientset.CoordinationV1()
	lead := func(identity string) (string, error) {
		leading, cancel := context.WithCancel(ctx)
		defer cancel()
		ended := make(chan struct{})
		holder := ""
		candidate, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
			Lock: &resourcelock.LeaseLock{
				LeaseMeta:  metav1.ObjectMeta{Name: "election", Namespace: namespace},
				Client:     leases,
				LockConfig: resourcelock.ResourceLockConfig{Identity: identity},
			},
			LeaseDuration: 8 * time.Second, RenewDeadline: 5 * time.Second, RetryPeriod: time.Second,
			ReleaseOnCancel: true,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(ctx context.Context) {
					if lease, err := leases.Leases(namespace).Get(ctx, "election", metav1.GetOptions{}); err == nil {
						holder = *lease.Spec.HolderIdentity
					}
					cancel()
					close(ended)
				},
				OnStoppedLeading: func() {},
			},
		})
		if err != nil {
			return "", err
		}
		candidate.Run(leading)
		select {
		case <-ended:
			return holder, nil
		case <-ctx.Done():
			return "", fmt.Errorf("%s never led", identity)
		}
	}
	first, err := lead("a")
	if err != nil {
		return nil, err
	}
	second, err := lead("b")
	if err != nil {
		return nil, err
	}
	lease, err := leases.Leases(namespace).Get(ctx, "election", metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return told{
		"leaders":     []string{first, second},
		"released":    *lease.Spec.HolderIdentity == "",
		"transitions": *lease.Spec.LeaseTransitions > 0,
	}, nil
}

// eventsByRecorder sends the same event twice, which the recorder makes one with a count.
func eventsByRecorder(ctx context.Context) (any, error) {
	pod, err := made(ctx, "eventful", "", nil)
	if err != nil {
		return nil, err
	}
	broadcaster := record.NewBroadcaster()
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: clientset.CoreV1().Events(namespace)})
	recorder := broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "reaper"})
	recorder.Event(pod, corev1.EventTypeNormal, "Reaped", "by a test")
	recorder.Event(pod, corev1.EventTypeNormal, "Reaped", "by a test")
	found := &corev1.EventList{}
	err = waited(ctx, "an event that counts two", func() (bool, error) {
		var err error
		found, err = clientset.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{
			FieldSelector: "involvedObject.name=eventful,reason=Reaped",
		})
		return err == nil && len(found.Items) == 1 && found.Items[0].Count == 2, err
	})
	if err != nil {
		return nil, err
	}
	return told{"message": found.Items[0].Message, "component": found.Items[0].Source.Component}, nil
}
