import { samlSignIn } from "../../config/sign-in/saml-options.ts";
import { type GuideUrls, pasted, type SignInGuide } from "./guide.ts";

const ADMIT = { list: "groups", entry: "staff" } as const;

/** The peer dependency, which npm does not install by itself. */
const INSTALL = "@node-saml/node-saml";

/** What everyone who sets up SAML should know. */
const NOTES = [
  `**Addresses.** A company's administrators can enter any address for a person, so only those of its \`domains\` count. Without \`domains\`, \`admit.emails\` and
  \`admit.domains\` let no one in who signs in here, and tools get no \`email\`.`,
  "**Who it is.** People are told apart by the identity provider's entity ID and the NameID, or the attribute that `subject` names. It must never be given to someone else: an address can be, so use an id where there is one. A transient NameID is refused.",
  "Sign-ins begin at your server. A response that no one asked for, such as from a tile of the provider's portal, is refused: link the tile to the page where people start.",
  "The assertion itself must be signed, with SHA-256 or SHA-512 and an RSA key of 2048 bits or more. Encrypted assertions are refused, and requests aren't signed. There is no single logout.",
  "With the variables, `gatehouse check` says whether the metadata can be had and used, and prints the ACS URL.",
];

/** For several companies. */
const SEVERAL =
  "For several companies, use `saml()` several times, each with its own `name` and `domains`. People then type their address, and its domain picks the company. That needs code: variables set up one company.";

export const samlGuide: SignInGuide = {
  definition: samlSignIn,
  install: INSTALL,
  page: { name: "saml", title: "SAML" },
  examples: {
    metadata: "https://idp.example.com/saml/metadata",
    entityId: "https://idp.example.com/saml",
    domains: "example.com",
  },
  admit: ADMIT,
  explain: ({ redirectUri, samlEntityId }) => ({
    about:
      "People sign in with the accounts of a company, at its own identity provider, by SAML 2.0. There are pages for [Okta](saml-okta.md), [Microsoft Entra ID](saml-entra.md) and [Google Workspace](saml-google.md). Where the provider has OpenID Connect too, that is simpler.",
    console: "At the identity provider",
    steps: [
      `Register a service provider. Some read its metadata from the entity ID, which is a URL:${pasted(samlEntityId)}`,
      `Its assertion consumer service (ACS) URL, with the binding *HTTP-POST*. It is also the recipient and the destination:${pasted(redirectUri)}`,
      "Sign the assertion, with RSA and SHA-256. Don't encrypt it.",
      "Choose a NameID that is never given to someone else, with the format *persistent*.",
      "Send the address as `email` and, if you admit by groups, the groups as `groups`. Other names go into the options `email` and `groups`.",
      "Copy the URL of the provider's metadata, and the `entityID` in it. Or save the metadata as a file, and give its path as `metadata`.",
    ],
    notes: [...NOTES, SEVERAL],
  }),
};

export const oktaSamlGuide: SignInGuide = {
  definition: samlSignIn,
  install: INSTALL,
  page: { name: "saml-okta", title: "Okta by SAML" },
  examples: {
    metadata: "https://acme.okta.com/app/exk1a2b3c4d5e6f7g8h9/sso/saml/metadata",
    entityId: "http://www.okta.com/exk1a2b3c4d5e6f7g8h9",
    domains: "acme.com",
  },
  admit: ADMIT,
  explain: ({ redirectUri, samlEntityId }) => ({
    about:
      "People sign in with the accounts of an Okta organization, by SAML. For your own organization, [OpenID Connect](okta.md) is simpler; a company that is your customer may prefer this.",
    console: "In the Okta admin console",
    steps: [
      "**Applications → Create App Integration**: *SAML 2.0*.",
      `**Single sign-on URL**, with *Use this for Recipient URL and Destination URL*:${pasted(redirectUri)}`,
      `**Audience URI (SP Entity ID)**:${pasted(samlEntityId)}`,
      'Leave **Default RelayState** empty. **Name ID format**: *Persistent*. **Application username**: *Custom*, with `user.getInternalProperty("id")`, which stays the same when a username changes.',
      "**Show Advanced Settings**: *Assertion Signature* is *Signed*, *Signature Algorithm* *RSA-SHA256*, *Digest Algorithm* *SHA256*, *Assertion Encryption* *Unencrypted*.",
      "**Attribute Statements**: `email` is `user.email`, `firstName` is `user.firstName`, `lastName` is `user.lastName`.",
      "If you admit by groups: **Group Attribute Statements**, name `groups`, for example *Matches regex* `.*`. Then set `groups` to `groups`.",
      "**Assignments**: the groups or people who may use the server.",
      "**Sign On**: copy the *Metadata URL*. The entity ID is the *Issuer* below it, which begins with `http://www.okta.com/`.",
    ],
    notes: NOTES,
  }),
};

export const entraSamlGuide: SignInGuide = {
  definition: samlSignIn,
  install: INSTALL,
  page: { name: "saml-entra", title: "Microsoft Entra ID by SAML" },
  examples: {
    metadata:
      "https://login.microsoftonline.com/8f4b0c1e-3b52-4a6e-9d2a-6f1f0a7c5e21/federationmetadata/2007-06/federationmetadata.xml?appid=c2a9d4f6-70b1-4e58-a1de-0b6f6f1d9a33",
    entityId: "https://sts.windows.net/8f4b0c1e-3b52-4a6e-9d2a-6f1f0a7c5e21/",
    domains: "acme.com",
  },
  admit: ADMIT,
  explain: ({ redirectUri, samlEntityId }: GuideUrls) => ({
    about:
      "People sign in with the accounts of a Microsoft tenant, by SAML. For your own tenant, [OpenID Connect](entra.md) is simpler; a company that is your customer may prefer this.",
    console: "In the Microsoft Entra admin center",
    steps: [
      "**Enterprise applications → New application → Create your own application**: *Integrate any other application you don't find in the gallery*.",
      "**Single sign-on → SAML → Basic SAML Configuration**. Leave *Sign on URL* and *Relay State* empty.",
      `**Identifier (Entity ID)**:${pasted(samlEntityId)}`,
      `**Reply URL (Assertion Consumer Service URL)**:${pasted(redirectUri)}`,
      "**Attributes & Claims → Unique User Identifier (Name ID)**: *Name identifier format* is *Persistent*, *Source attribute* is `user.objectid`. By default it is the user principal name, which can be given to someone else.",
      `If you admit by groups: **Add a group claim → Groups assigned to the application**, *Source attribute* *Group ID*, and assign the groups in **Users and groups**. Set \`groups\` to
   \`http://schemas.microsoft.com/ws/2008/06/identity/claims/groups\`.`,
      "**SAML Certificates**: *Signing Option* is *Sign SAML assertion*, *Signing Algorithm* is *SHA-256*. Copy the *App Federation Metadata Url*.",
      "**Set up**: the entity ID is the *Microsoft Entra Identifier*. The slash at its end is part of it.",
    ],
    notes: [
      ...NOTES,
      "Entra puts at most 150 groups into an assertion. For a person with more it leaves them all out and says where they are; such a sign-in is refused. Send only the groups that are assigned to the application.",
      "Groups are object IDs, such as `3b2b0c93-acd8-4208-8eba-7a48db1cd4c0`.",
    ],
  }),
};

export const googleSamlGuide: SignInGuide = {
  definition: samlSignIn,
  install: INSTALL,
  page: { name: "saml-google", title: "Google Workspace by SAML" },
  examples: { metadata: "./GoogleIDPMetadata.xml", domains: "acme.com" },
  admit: ADMIT,
  explain: ({ redirectUri, samlEntityId }) => ({
    about:
      "People sign in with the accounts of a Google Workspace, by SAML. For your own Workspace, [`google` with `hd`](google.md) is simpler; by SAML, groups come along.",
    console: "In the Google Admin console",
    steps: [
      "**Apps → Web and mobile apps → Add app → Add custom SAML app**.",
      "**Google Identity Provider details → Download metadata**. Google has no URL for it: put the file beside your server. Its certificate ends after five years; download a new file before that.",
      `**ACS URL**:${pasted(redirectUri)}`,
      `**Entity ID**:${pasted(samlEntityId)}`,
      "Leave **Start URL** empty and **Signed response** unchecked: unchecked, Google signs the assertion.",
      "**Name ID format**: *PERSISTENT*. **Name ID**: *Employee Details > Employee ID* if your employees have one. The primary email can be given to someone else.",
      "**Attribute mapping**: *Primary email* to `email`, *First name* to `firstName`, *Last name* to `lastName`.",
      "If you admit by groups: **Group membership**, the groups that may be sent, and the app attribute `groups`. Then set `groups` to `groups`.",
      "**User access**: turn it on for the organizational units or groups who may use the server.",
    ],
    notes: NOTES,
  }),
};
