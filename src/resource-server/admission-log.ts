import type { Auth } from "../core/auth.ts";
import type { Log } from "../platform/logging.ts";
import { visible } from "../platform/terminal.ts";

/** Says who was let in (null: without a token), and for what. Never with a token, a query or arguments. */
export type AdmissionLog = (auth: Auth | null, what: Readonly<Record<string, string | undefined>>) => void;

/** Undefined without `debug`: then nothing is done at a request. */
export function admissionLog(log: Log, debug: boolean): AdmissionLog | undefined {
  if (!debug) return undefined;
  return (auth, what) => {
    const asked = Object.fromEntries(
      Object.entries(what).map(([name, value]) => [name, value && shown(value)]),
    );
    if (auth === null) return log.debug("let in without a token", asked);
    const { person, client, scopes } = auth;
    log.debug("let in", {
      person: shown(person.id),
      client: shown(client.id),
      ...asked,
      scopes: shown(scopes.join(" "), LONGEST_SCOPES),
    });
  };
}

const LONGEST = 200;
const LONGEST_SCOPES = 1000;

/** Strangers and providers wrote it, and an operator's own log may show it on a terminal. */
function shown(text: string, longest = LONGEST): string {
  return visible(text.slice(0, longest));
}
