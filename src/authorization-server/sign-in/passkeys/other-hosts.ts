import type { Log } from "../../../platform/logging.ts";
import type { Store } from "../../../store/store.ts";
import type { Print } from "../method.ts";
import type { RelyingParty } from "./relying-party.ts";

export type OtherHostsParts = {
  readonly store: Pick<Store, "countPasskeys">;
  readonly log: Pick<Log, "info">;
  readonly relyingParty: RelyingParty;
};

/** Says at the start how many passkeys do not work any more, because they were made while the public URL had another host. */
export async function sayOfOtherHosts(
  { store, log, relyingParty }: OtherHostsParts,
  print: Print | undefined,
): Promise<void> {
  const others = (await store.countPasskeys()).filter(({ host }) => host !== relyingParty.id);
  const passkeys = others.reduce((sum, { count }) => sum + count, 0);
  if (passkeys === 0) return;
  const hosts = others.map(({ host }) => host).join(", ");
  const text =
    `${passkeys} ${passkeys === 1 ? "passkey was" : "passkeys were"} made for ${hosts} and can't be used at ${relyingParty.id}. ` +
    "Set publicUrl to that host again, or have people sign in another way and add new ones.";
  if (print) print(`${text}\n\n`);
  else log.info(text);
}
