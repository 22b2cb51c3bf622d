import { z } from "zod";
import {
  BUILT_IN_REDIRECTS,
  REDIRECT_ENTRY,
  type RedirectList,
  readRedirectEntry,
} from "../core/redirect-list.ts";
import { allowUnresolvedDocumentHosts } from "../platform/safe-fetch.ts";
import { yesOrNo } from "./basic-schemas.ts";
import { declared } from "./declared.ts";
import { boolean, list } from "./variables.ts";

const redirectEntry = z.string(REDIRECT_ENTRY).transform((text, context) => {
  const read = readRedirectEntry(text);
  if ("entry" in read) return read.entry;
  context.addIssue({ code: "custom", message: read.problem });
  return z.NEVER;
});
const redirectList = z.array(redirectEntry, "a list of hosts and schemes");

/** Which clients may come by themselves, and where people are sent. */
export const redirectOptions = {
  registration: yesOrNo.default(true).register(declared, {
    says: "Whether clients may register themselves (RFC 7591).",
    more: "With `false`, the endpoint answers 403 and the metadata does not name it. Clients with a metadata document, your own clients, and those that registered before are still accepted.",
    variables: { GATEHOUSE_REGISTRATION: boolean },
  }),
  clientIdMetadataDocuments: yesOrNo.default(true).register(declared, {
    says: "Whether a `client_id` may be the URL of a metadata document.",
    more: "With `false`, the metadata does not offer it, so clients register instead, and such a `client_id` is answered like an unknown one. Tokens of clients that used one are refused; their grants work again once it is on. An id that is a URL may then be given to a client of your own.",
    variables: { GATEHOUSE_CLIENT_ID_METADATA_DOCUMENTS: boolean },
  }),
  redirectHosts: redirectList.optional().register(declared, {
    says: 'The only hosts and schemes that clients may send people to, such as `["claude.ai", "*.example.com", "cursor:"]`.',
    more: "A registration or a metadata document that names any other address is refused. Checked again at each request and approval. Loopback addresses are always allowed, and your own clients are exempt.",
    variables: { GATEHOUSE_REDIRECT_HOSTS: list },
    otherwise: "any",
  }),
  trustedRedirects: redirectList.default([]).register(declared, {
    says: 'Hosts and schemes that people are sent to without a click, beside the built-in ones, such as `["app.example.com", "myapp:"]`.',
    variables: { GATEHOUSE_TRUSTED_REDIRECTS: list },
  }),
  builtInRedirects: yesOrNo.default(true).register(declared, {
    says: "Whether people are sent to well-known clients without a click.",
    more: "They are claude.ai, claude.com, chatgpt.com, vscode.dev, www.cursor.com and [others](../src/core/redirect-list.ts).",
    variables: { GATEHOUSE_BUILT_IN_REDIRECTS: boolean },
  }),
  [allowUnresolvedDocumentHosts]: yesOrNo.optional().register(declared, {
    says: "Let the proxy look up the hosts of metadata documents and client keys that have no address here.",
    more: "Only with `HTTPS_PROXY`. Nothing then checks that these hosts are public, so strangers reach every https server that the proxy reaches. In code it is a symbol. See [behind a proxy](behind-a-proxy.md#no-direct-internet).",
    variables: { GATEHOUSE_ALLOW_UNRESOLVED_DOCUMENT_HOSTS: boolean },
    otherwise: "`false`",
  }),
};

type ParsedRedirects = Pick<
  z.output<z.ZodObject<typeof redirectOptions>>,
  "trustedRedirects" | "builtInRedirects" | "redirectHosts"
>;

/** The lists that an address is held against. */
export function redirectLists({ trustedRedirects, builtInRedirects, redirectHosts }: ParsedRedirects): {
  readonly trustedRedirects: RedirectList;
  readonly redirectHosts: RedirectList | undefined;
} {
  return {
    trustedRedirects: new Set([...(builtInRedirects ? BUILT_IN_REDIRECTS : []), ...trustedRedirects]),
    redirectHosts: redirectHosts && new Set(redirectHosts),
  };
}
