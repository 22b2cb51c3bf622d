import { auth0SignIn } from "../../config/sign-in/presets/auth0.ts";
import { pasted, type SignInGuide } from "./guide.ts";

export const auth0Guide: SignInGuide = {
  definition: auth0SignIn,
  examples: { domain: "acme.eu.auth0.com", clientId: "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv" },
  admit: { list: "emails", entry: "*@example.com" },
  explain: ({ redirectUri, logoutUri }) => ({
    about: `People sign in with the accounts of your Auth0 tenant: its database, social and enterprise connections. By default anyone can sign up, so say with
\`admit\` who may come in, or switch sign-ups off and set \`members\`.`,
    console: "In the Auth0 dashboard",
    steps: [
      "**Applications → Create Application**, *Regular Web Application*.",
      `**Settings → Application URIs → Allowed Callback URLs**:${pasted(redirectUri)}`,
      "**Settings**: copy the *Domain*, the *Client ID* and the *Client Secret*.",
      "**Connections**: switch on those that this application may use. To set `members`, use no social connection, and *Disable Sign Ups* at each database.",
      `For back-channel logout (Auth0's Enterprise plan): **Settings → OpenID Connect Back-Channel Logout**:${pasted(logoutUri)}`,
    ],
    notes: [
      "The issuer is `https://<domain>/`, with the slash at its end. With a custom domain, use that as `domain`.",
      "Auth0 sends no groups or roles by itself. An Action after login adds a claim, such as `https://example.com/roles`; set `groups` to that name.",
      "To sign in the people of one organization, set `parameters` to `organization=org_…`. It is a hint: check `org_id` too, with `admit.claims`.",
    ],
  }),
};
