import { keycloakSignIn } from "../../config/sign-in/presets/keycloak.ts";
import { pasted, type SignInGuide } from "./guide.ts";

export const keycloakGuide: SignInGuide = {
  definition: keycloakSignIn,
  examples: { url: "https://sso.example.com", realm: "acme", clientId: "my-app" },
  admit: { list: "groups", entry: "/staff" },
  explain: ({ redirectUri, logoutUri }) => ({
    about: "People sign in with the accounts of a realm of Keycloak.",
    console: "In the Keycloak admin console",
    steps: [
      "Choose the realm, then **Clients → Create client**, type *OpenID Connect*. *Client authentication* on, *Standard flow* on, everything else off.",
      `**Valid redirect URIs**, without a wildcard:${pasted(redirectUri)}`,
      "**Credentials**: copy the *Client Secret*. Or choose *Signed JWT* and give `privateKey` instead.",
      "**Advanced → Proof Key for Code Exchange Code Challenge Method**: *S256*.",
      `For back-channel logout: **Settings → Logout settings → Backchannel logout URL**, with *Backchannel logout session required* on:${pasted(logoutUri)}`,
      `If you admit by groups: **Client scopes → the dedicated scope → Add mapper → Group Membership**, claim name \`groups\`, into the ID token. Then set \`groups\` to \`groups\`. For realm roles, a
   *User Realm Role* mapper into the ID token, and \`groups\` set to its claim, such as \`realm_access.roles\`.`,
    ],
    notes: [
      "The realm's people are taken for members of your organization. If *User registration* is on in the realm, anyone can be one: switch it off, or use `admit`.",
      "With *Full group path* on, groups are `/staff`; without it, `staff`.",
      "An address counts if *Email verified* is on for the person.",
      "If Keycloak is inside your cluster and has no TLS, set [`allowInsecureIssuer`](../providers/README.md#a-provider-inside-your-cluster). Its issuer must be the URL under which people reach it.",
    ],
  }),
};
