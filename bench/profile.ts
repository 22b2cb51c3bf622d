import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Of what `--cpu-prof` and the inspector write. */
type CpuProfile = {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

type ProfileNode = {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
};

const ROOT = resolve(import.meta.dirname, "..");
const SHOWN = 30;

/**
 * Where the time went, by module: our own by file, others by package. What Node and its bindings did is told of the
 * module that called them.
 */
export function summarizeProfile(file: string): string {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, "utf8")) as CpuProfile;
  const labels = labelsOf(nodes);
  const spent = new Map<string, number>();
  let total = 0;
  for (const [i, node] of samples.entries()) {
    const label = labels.get(node) ?? "(unknown)";
    // The profiler itself.
    if (label.includes("node:inspector")) continue;
    const microseconds = timeDeltas[i] ?? 0;
    total += microseconds;
    spent.set(label, (spent.get(label) ?? 0) + microseconds);
  }
  return [...spent]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, SHOWN)
    .map(([label, microseconds]) => `${((100 * microseconds) / total).toFixed(1).padStart(6)} %  ${label}`)
    .join("\n");
}

function labelsOf(nodes: readonly ProfileNode[]): ReadonlyMap<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const labels = new Map<number, string>();
  const visit = (node: ProfileNode, caller: string | undefined): void => {
    const { functionName, url } = node.callFrame;
    const module = moduleOf(url);
    labels.set(
      node.id,
      module ?? (caller ? `${caller} → ${inNode(functionName, url)}` : inNode(functionName, url)),
    );
    for (const child of node.children ?? []) {
      const next = byId.get(child);
      if (next) visit(next, module ?? caller);
    }
  };
  const [root] = nodes;
  if (root) visit(root, undefined);
  return labels;
}

/** One of our files, or a package. */
function moduleOf(url: string): string | undefined {
  if (!url.startsWith("file:")) return undefined;
  const path = relative(ROOT, fileURLToPath(url));
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path;
}

/** What has no file is a binding, or V8's own account of garbage and idling. */
function inNode(functionName: string, url: string): string {
  if (url !== "") return url;
  return functionName.startsWith("(") ? functionName : `native ${functionName || "(anonymous)"}`;
}
