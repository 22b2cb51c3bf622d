import { z } from "zod";
import { MINIMUM_SECRET_LENGTH } from "../platform/secrets/key-file.ts";
import { seconds, yesOrNo } from "./basic-schemas.ts";
import { declared } from "./declared.ts";
import { hostSchema, portSchema } from "./listener-options.ts";
import { boolean, number, text } from "./variables.ts";

const TOKEN = `${MINIMUM_SECRET_LENGTH} letters, digits and -._~+/ or more (make one with: openssl rand -base64 32)`;
const WHERE =
  "a port of their own (GATEHOUSE_METRICS_PORT), or there must be a token (GATEHOUSE_METRICS_TOKEN) to have them on the main port";

/** Where Prometheus reads: on a port of its own, or on the main one with a token. Never without either. */
const metrics = z
  .strictObject(
    {
      port: portSchema.optional().register(declared, {
        says: "A port that serves nothing but `/metrics`.",
        variables: { GATEHOUSE_METRICS_PORT: number },
        otherwise: "the main port",
      }),
      host: hostSchema.optional().register(declared, {
        says: "The address of that port.",
        variables: { GATEHOUSE_METRICS_HOST: text },
        otherwise: "`localhost`, this computer only",
      }),
      token: z
        .string(TOKEN)
        .min(MINIMUM_SECRET_LENGTH, TOKEN)
        .regex(/^[A-Za-z0-9._~+/-]+=*$/, TOKEN)
        .optional()
        .register(declared, {
          says: "What Prometheus must send as its bearer token; the main port needs one.",
          variables: { GATEHOUSE_METRICS_TOKEN: text },
        }),
    },
    "{ port } or { token }",
  )
  .refine(({ port, token }) => port !== undefined || token !== undefined, { path: ["port"], error: WHERE })
  .refine(({ port, host }) => host === undefined || port !== undefined, {
    path: ["port"],
    error: "given beside metrics.host (GATEHOUSE_METRICS_PORT): it says where that port is",
  });

/** How the server runs and ends, and how it is watched. */
export const operationOptions = {
  sessions: yesOrNo.default(false).register(declared, {
    says: "Sessions (`Mcp-Session-Id`) for clients of the 2025 protocols.",
    more: "They live in the memory of this process. Each is of one person, client and organization; with `mcp`, of one grant.",
    variables: { GATEHOUSE_SESSIONS: boolean },
  }),
  handleSignals: yesOrNo.default(true).register(declared, {
    says: "Whether SIGTERM and SIGINT, once `listen()` was called, finish the requests under way and end the process with exit code 0.",
  }),
  shutdownDelaySeconds: seconds(0, 300)
    .default(0)
    .register(declared, {
      says: "How long requests are served on after such a signal, with `/ready` at 503, before the drain begins.",
      more: "For a load balancer that learns from probes to send no more: its probing interval, and a little.",
      variables: { GATEHOUSE_SHUTDOWN_DELAY_SECONDS: number },
    }),
  metrics: metrics.optional().register(declared, {
    says: "Where Prometheus reads `/metrics`: `{ port, host?, token? }` for a port of its own, or `{ token }` for the main port.",
    more: "The token is what Prometheus sends as its bearer token, at least 32 characters. `host` is `localhost` unless given. Without the option nothing is measured.",
  }),
};
