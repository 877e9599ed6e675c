// Plays Go's clients of the Kubernetes API: client-go by typed and untyped clients, and controller-runtime.
//
// Where it happens is told by variables: KUBECONFIG, NAMESPACE, and CONTENT_TYPE (json or protobuf) for the bodies
// that typed clients send and accept. Each chapter answers with JSON data; the answers are printed at the end.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// patience is how long a chapter waits for what must come.
const patience = 30 * time.Second

var (
	namespace = os.Getenv("NAMESPACE")
	config    *rest.Config
	clientset *kubernetes.Clientset
)

type chapter struct {
	name string
	play func(context.Context) (any, error)
}

type told map[string]any

func main() {
	var err error
	if config, err = clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG")); err != nil {
		fail(err)
	}
	config.QPS = -1 // what is asked of the server is the test's business, not the limiter's
	typed := rest.CopyConfig(config)
	typed.ContentType = runtime.ContentTypeJSON // clientsets prefer protobuf where nothing is said
	if os.Getenv("CONTENT_TYPE") == "protobuf" {
		typed.ContentType = runtime.ContentTypeProtobuf
		typed.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	}
	if clientset, err = kubernetes.NewForConfig(typed); err != nil {
		fail(err)
	}
	answers := map[string]told{}
	for _, each := range chapters {
		if len(os.Args) > 1 && os.Args[1] != each.name {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		answer, err := each.play(ctx)
		cancel()
		if err != nil {
			answers[each.name] = told{"raised": err.Error()}
		} else {
			answers[each.name] = told{"answer": answer}
		}
	}
	printed, err := json.Marshal(answers)
	if err != nil {
		fail(err)
	}
	fmt.Printf("\nANSWER%s\n", printed)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// manifest is a pod: with a shell line it is for a node to run, without one nobody schedules it.
func manifest(name string, command string, labels map[string]string) *corev1.Pod {
	grace := int64(1)
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: labels},
		Spec: corev1.PodSpec{
			RestartPolicy:                 corev1.RestartPolicyNever,
			TerminationGracePeriodSeconds: &grace,
			Containers: []corev1.Container{
				{Name: "base", Image: "busybox:stable", ImagePullPolicy: corev1.PullIfNotPresent},
			},
		},
	}
	if command == "" {
		pod.Spec.SchedulerName = "nobody"
	} else {
		pod.Spec.Containers[0].Command = []string{"sh", "-c", command}
	}
	return pod
}

func made(ctx context.Context, name string, command string, labels map[string]string) (*corev1.Pod, error) {
	return clientset.CoreV1().Pods(namespace).Create(ctx, manifest(name, command, labels), metav1.CreateOptions{})
}

func running(ctx context.Context, name string, command string) error {
	if _, err := made(ctx, name, command, nil); err != nil {
		return err
	}
	return waited(ctx, "pod "+name+" Running", func() (bool, error) {
		pod, err := clientset.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
		return err == nil && pod.Status.Phase == corev1.PodRunning, err
	})
}

func gone(ctx context.Context, name string) error {
	return waited(ctx, "pod "+name+" gone", func() (bool, error) {
		_, err := clientset.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
		if errors.IsNotFound(err) {
			return true, nil
		}
		return false, err
	})
}

// waited returns an error that names what was awaited when it did not come about in time.
func waited(ctx context.Context, what string, look func() (bool, error)) error {
	every := 20 * time.Millisecond
	err := wait.PollUntilContextCancel(ctx, every, true, func(context.Context) (bool, error) { return look() })
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// refusal is the status and the reason of a refusal; empty where the call was granted.
func refusal(err error) []any {
	if err == nil {
		return []any{}
	}
	if status, known := err.(errors.APIStatus); known {
		return []any{status.Status().Code, status.Status().Reason}
	}
	return []any{err.Error()}
}
