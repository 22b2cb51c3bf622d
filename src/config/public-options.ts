import { z } from "zod";
import { shownText, wholeNumber } from "./basic-schemas.ts";
import { declared } from "./declared.ts";
import { pathSchema } from "./listener-options.ts";
import { list, number, text } from "./variables.ts";

/** When people sign in, and what is served to clients that have no token. */
export const publicOptions = {
  askToSignIn: z
    .enum(["connect", "call"], '"connect" or "call"')
    .default("connect")
    .register(declared, {
      says: 'When clients ask their person to sign in: as they `"connect"`, or at the first `"call"` that needs it.',
      more: "With `call`, clients without a token can connect, list the tools (all of them) and use what is public. See [public tools](public-tools.md).",
      variables: { GATEHOUSE_ASK_TO_SIGN_IN: text },
    }),
  publicPath: pathSchema.optional().register(declared, {
    says: "The path below `publicUrl` where what is public is served without a token.",
    more: 'Unless you give one, it is `path` followed by `/public`. Nothing is there until something is registered with `public: true`. Only with `askToSignIn: "connect"`.',
    variables: { GATEHOUSE_PUBLIC_PATH: text },
    otherwise: "`/mcp/public`",
  }),
  resultChallengeFor: z
    .array(shownText('the name of a client, such as "my-client"'), "a list of names of clients")
    .default([])
    .register(declared, {
      says: "Clients that are asked to sign in by the result of a tool, beside ChatGPT: their `clientInfo.name`.",
      more: 'Others get the 401 challenge of the protocol. Only with `askToSignIn: "call"`.',
      variables: { GATEHOUSE_RESULT_CHALLENGE_FOR: list },
    }),
  publicRequestsPerMinute: wholeNumber(1, 1_000_000)
    .default(6000)
    .register(declared, {
      says: "How many requests without a token this instance answers in a minute.",
      more: "The first half is for the clients that come first. Of the rest, each network has a tenth, since hosted clients share a few addresses.",
      variables: { GATEHOUSE_PUBLIC_REQUESTS_PER_MINUTE: number },
    }),
};
