import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { CHECKOUT } from "../support/checkout.ts";
import { readDocument } from "../support/markdown.ts";

/** Environment variables by name. */
export type Variables = Readonly<Record<string, string>>;

/** Every file below `deploy`, by path from there. */
export function shippedFiles(): readonly string[] {
  return readdirSync(join(CHECKOUT, "deploy"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(CHECKOUT, "deploy/").length));
}

export function readShipped(file: string): string {
  return readDocument(join("deploy", file));
}

type Probe = { readonly httpGet: { readonly path: string; readonly port: string } };

/** The parts of the manifests that are held against one another. */
export type Deployment = {
  readonly metadata: Metadata;
  readonly spec: {
    readonly replicas: number;
    readonly selector: Selector;
    readonly template: {
      readonly metadata: Metadata;
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: {
          readonly runAsNonRoot: boolean;
          readonly runAsUser: number;
          readonly runAsGroup: number;
        };
        readonly containers: readonly [Container];
      };
    };
  };
};
export type Container = {
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly envFrom: readonly [{ readonly secretRef: { readonly name: string } }];
  readonly ports: readonly [{ readonly name: string; readonly containerPort: number }];
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly securityContext: unknown;
};
type Metadata = { readonly name: string; readonly labels: Labels };
type Labels = Readonly<Record<string, string>>;
type Selector = { readonly matchLabels: Labels };
type BackendPort = { readonly name: string; readonly port: number; readonly targetPort: string };

export const kubernetes = {
  deployment: () => manifest<Deployment>("deployment"),
  service: () =>
    manifest<{
      readonly metadata: Metadata;
      readonly spec: { readonly selector: Labels; readonly ports: readonly [BackendPort] };
    }>("service"),
  budget: () =>
    manifest<{ readonly spec: { readonly selector: Selector; readonly maxUnavailable: number } }>(
      "pod-disruption-budget",
    ),
  secret: () => manifest<{ readonly metadata: Metadata; readonly stringData: Variables }>("secret"),
  ingress: () =>
    manifest<{
      readonly spec: {
        readonly rules: readonly [{ readonly host: string; readonly http: { readonly paths: unknown } }];
      };
    }>("ingress"),
  route: () =>
    manifest<{
      readonly spec: {
        readonly hostnames: readonly string[];
        readonly rules: readonly [{ readonly backendRefs: unknown }];
      };
    }>("http-route"),
};

function manifest<T>(name: string): T {
  return parse(readShipped(`kubernetes/${name}.yaml`)) as T;
}

export type Compose = {
  readonly services: {
    readonly app: ComposeService;
    readonly postgres: ComposeService;
    readonly caddy: ComposeService;
  };
};
type ComposeService = {
  readonly environment: Variables;
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly stop_grace_period?: string;
  readonly volumes?: readonly string[];
};

export function compose(): Compose {
  return parse(readShipped("compose.yaml")) as Compose;
}

/** The last stage of the Dockerfile: its instructions, each with what follows it. */
export function imageInstructions(): readonly { readonly instruction: string; readonly rest: string }[] {
  const lines = readShipped("server/Dockerfile")
    .replaceAll(/^\s*#.*\n/gm, "")
    .replaceAll("\\\n", " ")
    .split("\n")
    .map((line) => /^([A-Z]+) (.+)$/.exec(line.trim()))
    .filter((match) => match !== null)
    .map(([, instruction = "", rest = ""]) => ({ instruction, rest }));
  return lines.slice(lines.findLastIndex(({ instruction }) => instruction === "FROM"));
}

/** The settings of the unit's `[Service]`, several where one stands more than once. */
export function unitSettings(): ReadonlyMap<string, readonly string[]> {
  const settings = new Map<string, string[]>();
  for (const [, name = "", value = ""] of readShipped("systemd/gatehouse.service").matchAll(
    /^(\w+)=(.*)$/gm,
  )) {
    settings.set(name, [...(settings.get(name) ?? []), value]);
  }
  return settings;
}
