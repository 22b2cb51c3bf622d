import { isIP } from "node:net";
import { z } from "zod";
import { text as textSchema, yesOrNo } from "./basic-schemas.ts";
import { declared } from "./declared.ts";
import { boolean, number, type ReadVariable, text } from "./variables.ts";

/** Lets a public URL be `http://` on a network: passwords and tokens then cross it readable. */
export const allowInsecurePublicUrl: unique symbol = Symbol("allowInsecurePublicUrl");

const HOST = 'an address or name without scheme and port, such as "localhost" or "0.0.0.0"';
const PORT = "a port from 0 to 65535";
const PATH = 'a path such as "/mcp", without a slash at its end';
const PUBLIC_URL = 'an absolute https:// URL, such as "https://mcp.example.com"';

/** An address to listen on. */
export const hostSchema = z
  .string(HOST)
  .refine((value) => isIP(value) !== 0 || /^[A-Za-z0-9._-]+$/.test(value), HOST);

/** A port to listen on; 0 lets the system choose. */
export const portSchema = z.int(PORT).min(0, PORT).max(65535, PORT);

/** The path of an endpoint below `publicUrl`. */
export const pathSchema = z
  .string("a path")
  .regex(/^(\/[A-Za-z0-9._~-]+)+$/, PATH)
  // Clients resolve these, so that no request would arrive at the path.
  .refine((path) => !/\/\.{1,2}(\/|$)/.test(path), 'a path without the segments "." and ".."');

/** tcsh and conda set HOST to a machine's name; hosting platforms set an address. */
const address: ReadVariable = (value) => (isIP(value) !== 0 || value === "localhost" ? value : undefined);

/** In a `.env` file of Scalekit's examples: the URL that clients connect to, with the MCP path or without. */
const mcpServerUrl: ReadVariable = (value, { SCALEKIT_ENVIRONMENT_URL, GATEHOUSE_PATH }, given) => {
  if (!SCALEKIT_ENVIRONMENT_URL?.trim()) return undefined;
  const path = given ?? (GATEHOUSE_PATH?.trim() || "/mcp");
  const url = value.endsWith("/") ? value.slice(0, -1) : value;
  return url.endsWith(path) ? url.slice(0, -path.length) : value;
};

/** Where the server listens, and what it is called. */
export const listenerOptions = {
  host: hostSchema.default("localhost").register(declared, {
    says: "The address to listen on.",
    more: "`localhost` means this computer only, on IPv4 and IPv6. `HOST` counts only where it is an address or `localhost`.",
    variables: { GATEHOUSE_HOST: text, HOST: address },
    flag: "--host <address>",
  }),
  port: portSchema.default(3000).register(declared, {
    says: "The port to listen on; 0 lets the system choose.",
    more: "`gatehouse demo` has 9000.",
    variables: { GATEHOUSE_PORT: number, PORT: number },
    flag: "-p, --port <number>",
  }),
  publicUrl: textSchema(PUBLIC_URL)
    .optional()
    .register(declared, {
      says: "The URL under which clients reach the server, without the MCP path.",
      more: "It is the issuer, byte for byte, and every other URL is made from it. It may have a path. On a network it must be `https://`. `MCP_SERVER_URL` counts only beside `SCALEKIT_ENVIRONMENT_URL`, with the MCP path at its end or without.",
      variables: { GATEHOUSE_PUBLIC_URL: text, MCP_SERVER_URL: mcpServerUrl },
      flag: "--public-url <url>",
      otherwise: "made from the host and the port",
    }),
  path: pathSchema.default("/mcp").register(declared, {
    says: "The path of the MCP endpoint below `publicUrl`.",
    variables: { GATEHOUSE_PATH: text },
  }),
  tls: z
    .strictObject(
      {
        cert: textSchema("a certificate in PEM, or its file").register(declared, {
          says: "The certificate for `https://` without a proxy, in PEM, or the file that holds it.",
          variables: { GATEHOUSE_TLS_CERT: text },
          flag: "--tls-cert <file>",
        }),
        key: textSchema("a key in PEM, or its file").register(declared, {
          says: "The private key of that certificate, in PEM, or the file that holds it.",
          variables: { GATEHOUSE_TLS_KEY: text },
          flag: "--tls-key <file>",
        }),
      },
      "{ cert, key }",
    )
    .optional()
    .register(declared, {
      says: "TLS without a proxy: `{ cert, key }`, each one PEM text or the file that holds it.",
    }),
  trustProxy: yesOrNo.default(false).register(declared, {
    says: "Read the last address of `X-Forwarded-For`, for logs and limits.",
    more: "Use it only behind your own proxy. It never changes a URL.",
    variables: { GATEHOUSE_TRUST_PROXY: boolean },
    flag: "--trust-proxy",
  }),
  [allowInsecurePublicUrl]: yesOrNo.optional().register(declared, {
    says: "Let the public URL be `http://` on a network, where others can read passwords and tokens.",
    more: "In code it is a symbol, so that you can search for it.",
    variables: { GATEHOUSE_ALLOW_INSECURE_PUBLIC_URL: boolean },
    flag: "--allow-insecure-public-url",
    otherwise: "`false`",
  }),
};
