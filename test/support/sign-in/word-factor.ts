import type { SecondFactor } from "../../../src/authorization-server/sign-in/second-factor.ts";
import { readForm } from "../../../src/http/form.ts";
import { htmlResponse } from "../../../src/http/responses.ts";
import { requireSameOrigin } from "../../../src/http/same-origin.ts";

/** Where its page is. */
export const WORD_PATH = "/oauth/word";

/**
 * A second factor of the tests: people type a word.
 * @param isNeeded by the id of the person; undefined for one who has no row yet
 * @param meanwhile happens between the look at the person and the decision
 */
export function wordFactor(
  word = "open sesame",
  isNeeded: (personId: string | undefined) => boolean = () => true,
  meanwhile: () => Promise<unknown> = async () => undefined,
): SecondFactor {
  return {
    kind: "second_factor",
    name: "word",
    label: "a word",
    open: ({ issuer, store }) => ({
      path: WORD_PATH,
      isNeeded: async ({ personId }) => isNeeded(personId),
      routes: ({ open }) => [
        {
          name: "word",
          paths: [WORD_PATH],
          refusals: "page",
          methods: {
            async GET(request) {
              await open(request, new URL(request.url).searchParams.get("state") ?? undefined);
              return htmlResponse("Type the word.", "style-src 'none'");
            },
            async POST(request, peer) {
              requireSameOrigin(request, issuer);
              const form = await readForm(request);
              const pending = await open(request, form.get("state"));
              const known = await store.findByIdentity(pending.proof.identity);
              await meanwhile();
              const passed = { name: "word", personId: known?.person.id };
              const answer =
                form.get("word") === word ? await pending.pass(passed, request, peer) : undefined;
              return answer ?? htmlResponse("This word is wrong.", "style-src 'none'", 403);
            },
          },
        },
      ],
    }),
  };
}
