import { z } from "zod";
import { declared } from "./declared.ts";
import type { OAuthUpstream, Upstream } from "./upstreams/settings.ts";

const NAME = 'a name of lower-case letters, digits, hyphens and underscores, such as "github"';
const UPSTREAM = "what oauthUpstream(), githubUpstream(), googleUpstream() or keyUpstream() returns";

/** What people have at other services. */
export const upstreamOptions = {
  upstreams: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/, NAME),
      z.custom<Upstream>(isUpstream, UPSTREAM),
      "an object of services, such as { github: githubUpstream({ … }) }",
    )
    .default({})
    .register(declared, {
      says: "Other services at which tools act as the person: name → what `oauthUpstream()`, `keyUpstream()` or one of their presets returns.",
      more: "A tool asks for it with `context.upstream(name)`. See [Other services](upstreams.md).",
    }),
};

function isUpstream(given: unknown): boolean {
  if (typeof given !== "object" || given === null) return false;
  const {
    kind,
    label,
    clientId,
    credentials,
    scopes,
    parameters,
  }: Partial<Readonly<Record<keyof OAuthUpstream, unknown>>> = given;
  if (typeof label !== "string") return false;
  if (kind === "key") return true;
  // One that is written by hand has not been checked, and lacks something at the first sign-in.
  const hasObjects = [credentials, scopes, parameters].every(
    (one) => typeof one === "object" && one !== null,
  );
  return kind === "oauth" && typeof clientId === "string" && hasObjects;
}
