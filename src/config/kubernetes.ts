/** Kubernetes sets `GATEHOUSE_PORT=tcp://10.0.0.1:80` in every container where a service is called "gatehouse". */
export function isKubernetesServiceLink(variable: string, value: string): boolean {
  return variable.endsWith("PORT") && value.startsWith("tcp://");
}

/** What Kubernetes sets beside it. */
const PARTS_OF_A_LINK = /_(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP|SCTP))/;

/** Whether Kubernetes sets this because of a service that is called as our variables begin. */
export function isOfKubernetes(variable: string, value: string): boolean {
  return PARTS_OF_A_LINK.test(variable) || isKubernetesServiceLink(variable, value);
}
