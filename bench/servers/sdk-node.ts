import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Prepared } from "../comparison.ts";
import { answerQuestions, readOptions } from "../worker.ts";
import { type Era, echoPlan, forEach } from "./plans.ts";
import { sdkHandler } from "./sdk-handler.ts";

// The SDK on node:http. Nothing looks at the token.

const TOKEN_LENGTH = 560;

const { era } = readOptions<{ readonly era: Era }>();
const serve = sdkHandler();
// The SDK's type of a request does not know exactOptionalPropertyTypes.
const server = createServer((request, response) => void serve(request as never, response));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;

answerQuestions({
  // The same bytes on the wire: a token of the length that ours have.
  prepare: (connections: number): Prepared => ({
    ports: [port],
    plans: forEach(connections, () => echoPlan(era, "x".repeat(TOKEN_LENGTH))),
  }),
});
