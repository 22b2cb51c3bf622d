import { generateKeyPairSync, sign } from "node:crypto";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import type { Prepared } from "../comparison.ts";
import { answerQuestions } from "../worker.ts";
import { forEach } from "./plans.ts";

// What issuing a token cannot cost less than: a router, and one ES256 signature over as many bytes as a token has.

const SIGNED_BYTES = 470;

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const input = Buffer.alloc(SIGNED_BYTES, "x");

const app = new Hono();
app.get("/", (context) => {
  const signature = sign("sha256", input, { key: privateKey, dsaEncoding: "ieee-p1363" });
  return context.json({ signature: signature.toString("base64url") });
});

const port = await new Promise<number>((resolve) => {
  serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, (address) => resolve(address.port));
});

answerQuestions({
  prepare: (connections: number): Prepared => ({
    ports: [port],
    plans: forEach(connections, () => ({
      kind: "same",
      request: { method: "GET", path: "/", headers: {}, body: "" },
    })),
  }),
});
