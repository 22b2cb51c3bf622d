import type { Settings } from "../config/settings.ts";
import { urlOf } from "../http/route.ts";
import type { Registration } from "../mcp/tools/registration.ts";
import type { RegistrationView } from "../mcp/tools/registrations.ts";
import type { Log } from "../platform/logging.ts";

type Said = Pick<Settings, "issuer" | "resource" | "publicPath">;

/**
 * Says in the log what anyone may use: all of it when the server opens, and from then on what is registered late.
 * @returns the function to call when it has opened
 */
export function sayWhatIsPublic(
  registrations: Pick<RegistrationView, "all" | "onRegistered">,
  log: Pick<Log, "info">,
): (settings: Said) => void {
  let opened: Said | undefined;
  registrations.onRegistered((registration) => {
    if (opened && registration.isPublic) say(opened, [registration], log);
  });
  return (settings) => {
    opened = settings;
    const open = [...registrations.all()].filter(({ isPublic }) => isPublic);
    if (settings.publicPath === undefined) {
      log.info(
        `Clients connect to ${settings.resource} and list its tools without a token, as askToSignIn says.`,
      );
    }
    if (open.length > 0) say(settings, open, log);
  };
}

function say(
  { issuer, resource, publicPath }: Said,
  open: readonly Registration[],
  log: Pick<Log, "info">,
): void {
  const url = publicPath === undefined ? resource : urlOf(issuer, publicPath);
  log.info(`Anyone may use these without a token, at ${url}`, {
    ...named("tools", "tool", open),
    ...named("resources", "resource", open),
    ...named("prompts", "prompt", open),
  });
}

function named(label: string, kind: Registration["kind"], open: readonly Registration[]) {
  const names = open.filter((registration) => registration.kind === kind).map(({ name }) => name);
  return names.length > 0 && { [label]: names.join(", ") };
}
