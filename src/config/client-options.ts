import { z } from "zod";
import { CLIENT_AUTHENTICATION_METHODS } from "../core/client.ts";
import { CLIENT_CREDENTIALS } from "../core/client-metadata.ts";
import type { ClientDescription } from "../core/preregistered-client.ts";
import { text } from "./basic-schemas.ts";
import { declared } from "./declared.ts";
import { scopeList } from "./scope-options.ts";

const URIS = "a list of URIs";

const client = z
  .strictObject({
    id: text("the client_id, as text"),
    secret: z.string("text").optional(),
    name: z.string("text").optional(),
    redirectUris: z.array(z.string("a URI"), URIS).optional(),
    authenticationMethod: z
      .enum(CLIENT_AUTHENTICATION_METHODS, `one of ${CLIENT_AUTHENTICATION_METHODS.join(", ")}`)
      .optional(),
    jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }, "a JSON Web Key Set").optional(),
    jwksUri: z.string("a URL").optional(),
    grantTypes: z.array(z.string("a grant type"), "a list of grant types").optional(),
    scopes: scopeList.optional(),
    rememberConsent: z.boolean("true or false").optional(),
  })
  .refine(
    ({ redirectUris, grantTypes }) => redirectUris !== undefined || grantTypes?.includes(CLIENT_CREDENTIALS),
    {
      path: ["redirectUris"],
      error: URIS,
    },
  ) satisfies z.ZodType<ClientDescription>;

/** Clients that are there before anyone comes. Text can't say them: `gatehouse client add` can. */
export const clientOptions = {
  clients: z.array(client, "a list of clients").default([]).register(declared, {
    says: "Clients that you know beforehand, beside those that register themselves.",
    more: "See below.",
  }),
};
