import { expect, it } from "vitest";
import { silentLog } from "../../../platform/logging.ts";
import { openMailer } from "./mailer.ts";

const parts = { issuer: "https://mcp.example", log: silentLog };
const mail = { to: "ada@example.com", subject: "s", text: "t" };

it("a mail that takes too long may have been sent, and what comes of it later is dropped", async () => {
  const late = Promise.withResolvers<void>();
  const mailer = await openMailer({ from: "a@example.com", by: () => late.promise }, parts, 5);
  await expect(mailer.send(mail)).rejects.toMatchObject({
    kind: "unknown",
    message: "no answer within 0.005 seconds",
  });
  // An error that no one waits for would end the process.
  late.reject(new Error("too late"));
  await new Promise((resolve) => setImmediate(resolve));
});
