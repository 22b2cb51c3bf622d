import { oktaSignIn } from "../../config/sign-in/presets/okta.ts";
import { pasted, type SignInGuide } from "./guide.ts";

export const oktaGuide: SignInGuide = {
  definition: oktaSignIn,
  examples: { domain: "acme.okta.com", clientId: "0oa1b2c3d4e5f6g7h8i9" },
  admit: { list: "groups", entry: "staff" },
  explain: ({ redirectUri }) => ({
    about:
      "People sign in with the accounts of your Okta organization. Which of them can, you also decide in Okta, by assignment.",
    console: "In the Okta admin console",
    steps: [
      "**Applications → Create App Integration**: *OIDC - OpenID Connect*, *Web Application*.",
      `**Sign-in redirect URIs**:${pasted(redirectUri)}`,
      "**Assignments**: the groups or people who may use the server.",
      "**General**: copy the *Client ID* and a *client secret*. Or choose *Public key / Private key* and give `privateKey` instead of `clientSecret`.",
      `If you admit by groups: **Sign On → OpenID Connect ID Token → Group claims filter**, name \`groups\`, for example *Matches regex* \`.*\`. Then set \`groups\` to \`groups\`, and
   \`scopes\` to \`openid,profile,email,groups\`.`,
    ],
    notes: [
      "By default the org authorization server is used, whose issuer is `https://<domain>`. With `authorizationServerId`, a custom one is: then the claim for groups is made in **Security → API**.",
      "`domain` is the one that people see in Okta. If you have a custom domain, use that, and choose it as the issuer in the application.",
    ],
  }),
};
