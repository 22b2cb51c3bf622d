import { z } from "zod";
import { declared } from "./declared.ts";
import type { Upstream } from "./upstreams/settings.ts";

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
  const kind: unknown = Reflect.get(given, "kind");
  return kind === "oauth" || kind === "key";
}
