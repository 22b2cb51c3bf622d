import { isIP } from "node:net";
import { z } from "zod";
import { MINIMUM_SECRET_LENGTH } from "../platform/secrets/key-file.ts";

const HOST = 'an address or name without scheme and port, such as "localhost" or "0.0.0.0"';
const PORT = "a port from 0 to 65535";
const TOKEN = `${MINIMUM_SECRET_LENGTH} letters, digits and -._~+/ or more (make one with: openssl rand -base64 32)`;
const WHERE =
  "a port of their own (GATEHOUSE_METRICS_PORT), or there must be a token (GATEHOUSE_METRICS_TOKEN) to have them on the main port";

/** An address to listen on. */
export const hostOption = z
  .string({ error: HOST })
  .refine((value) => isIP(value) !== 0 || /^[A-Za-z0-9._-]+$/.test(value), HOST);

/** A port to listen on; 0 lets the system choose. */
export const portOption = z.int(PORT).min(0, PORT).max(65535, PORT);

/** Where Prometheus reads: on a port of its own, or on the main one with a token. Never without either. */
export const metricsOption = z
  .strictObject(
    {
      /** A port that serves nothing but `/metrics`. Without it, they are on the main port. */
      port: portOption.optional(),
      /** The address of that port. Default "localhost": this computer only. */
      host: hostOption.optional(),
      /** What Prometheus must send as its bearer token. On the main port there must be one. */
      token: z
        .string(TOKEN)
        .min(MINIMUM_SECRET_LENGTH, TOKEN)
        .regex(/^[A-Za-z0-9._~+/-]+=*$/, TOKEN)
        .optional(),
    },
    "{ port } or { token }",
  )
  .refine(({ port, token }) => port !== undefined || token !== undefined, { path: ["port"], error: WHERE })
  .refine(({ port, host }) => host === undefined || port !== undefined, {
    path: ["port"],
    error: "given beside metrics.host (GATEHOUSE_METRICS_PORT): it says where that port is",
  })
  .optional();
