"""How it is done right: the reference reaper of zombie KubernetesPodOperator pods."""
