import type { AccountUpstream } from "../../../pages/account/upstreams.ts";
import type { OpenUpstream } from "../vault.ts";

/** What pages say of a service. Its options have the client's secret too, which no page is handed. */
export type ShownService = Pick<AccountUpstream, "name" | "label" | "help" | "keysUrl"> & {
  readonly kind: "oauth" | "key";
};

export function shownService({ name, upstream }: OpenUpstream): ShownService {
  const { label } = upstream;
  if (upstream.kind === "oauth") return { name, label, kind: "oauth" };
  return { name, label, kind: "key", help: upstream.help, keysUrl: upstream.keysUrl };
}
