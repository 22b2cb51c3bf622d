import { z } from "zod";
import { text } from "../basic-schemas.ts";
import { declared, declaredOptions } from "../declared.ts";

const KEEP_TOKENS =
  'an object such as { as: "google", scopes: ["https://www.googleapis.com/auth/calendar.readonly"] }';
const KEPT_AS = 'the name of a service in upstreams, such as "google"';
const KEPT_SCOPES = "a list of scopes";

/** Keeping a provider's tokens for tools: an option of each sign-in at one. */
export const keepTokensOption = z
  .strictObject(
    {
      as: text(KEPT_AS).register(declared, {
        says: "The name of the service in `upstreams` whose tokens these are. It is the same client at the provider.",
      }),
      scopes: z.array(text(KEPT_SCOPES), KEPT_SCOPES).default([]).register(declared, {
        says: "The scopes to ask for beside those of the sign-in.",
      }),
    },
    KEEP_TOKENS,
  )
  .optional()
  .register(declared, {
    says: 'Keep the provider\'s tokens too, for `context.upstream(…)`: `{ as: "google", scopes: ["…"] }`. `as` is the name of a service in `upstreams`.',
    more: "A sign-in stores them if the person has not connected that service, or has to connect it again, or it is the same account.",
  });

/** Each option in it, with what is declared of it. */
export const declaredKeepTokensOptions = declaredOptions(keepTokensOption.unwrap().shape);

type Given = NonNullable<z.input<typeof keepTokensOption>>;

/** What `keepTokens` of a sign-in at a provider takes. */
export type KeepTokensOptions = {
  /** The name of the service in `upstreams` whose tokens these are. It is the same client at the provider. */
  as: Given["as"];
  /** The scopes to ask for beside those of the sign-in. Default: none. */
  scopes?: Given["scopes"];
};
