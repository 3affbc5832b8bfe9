// Written by `npm run docs` out of docs/openapi.json; change the controllers of the api instead.
export interface paths {
    "/api/actors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who they are that did something: ids of users, tokens and operators with their names, in the order asked */
        get: operations["listActors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Agents of the tenant’s plugins */
        get: operations["listAgents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One agent
         * @description `:id` is its id, or its name where only one has it.
         */
        get: operations["getAgent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/{id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask it nothing; questions that come meanwhile are skipped */
        post: operations["disableAgent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a disabled agent be asked again */
        post: operations["enableAgent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask it something now */
        post: operations["testAgent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/questions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What agents were asked, last first */
        get: operations["listQuestions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/questions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One question: its prompt, its answer and each request */
        get: operations["getQuestion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/questions/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Say yes to a question: it is asked now */
        post: operations["approveQuestion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/questions/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a question up, and tell the agent so */
        post: operations["cancelQuestion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/questions/{id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Say no to a question: it is not asked */
        post: operations["rejectQuestion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/questions/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask again: the same words under the same id */
        post: operations["replayQuestion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Alerts, those that began last first */
        get: operations["listAlerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/alerts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One alert */
        get: operations["getAlert"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/alerts/{id}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End an alert, and tell it by an event */
        post: operations["resolveAlert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/alerts/{id}/silence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Keep the events of an alert’s key back for a while */
        post: operations["silenceAlert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every change in the tenant, newest first */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit/platform": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What operators did to tenants, newest first; it outlives them */
        get: operations["listPlatformAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/browser-session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with a cookie that no script can read, as the console does
         * @description The cookie counts for `/api` alone, and only with the header `X-Annex-Console: 1`. Programs use `login`.
         */
        post: operations["beginBrowserSession"];
        /**
         * End the session of the cookie, and take the cookie away
         * @description Does so too where the session has ended already.
         */
        delete: operations["endBrowserSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign in with e-mail and password */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who the token belongs to */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/oidc": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether people sign in at an identity provider, and what the button says */
        get: operations["getOidc"];
        put?: never;
        /**
         * Begin to sign in at the identity provider, as the console does
         * @description The browser goes to `url`. The provider sends it back to `/console/oidc`, within ten minutes.
         */
        post: operations["beginOidcSignIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/oidc/finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with what the identity provider answered, as the console does
         * @description Only in the browser that began. The session is a cookie that no script can read.
         */
        post: operations["finishOidcSignIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change your password with the present one, in every tenant where it is the same
         * @description Every session made with the old one ends; the answer’s token goes on. Not by an API token.
         */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/password-reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have a link for a new password sent to an address
         * @description The same answer, as soon, whether or not there is such an account. The link works once, within an hour. Accounts without a password, which sign in through the identity provider, get none.
         */
        post: operations["requestPasswordReset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/password-reset/use": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Choose a new password with the token of a link
         * @description Every session made with the old password ends. It signs nobody in.
         */
        post: operations["resetPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Your sign-ins with a password, newest first
         * @description Not by an API token.
         */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        /** End all of your sessions but this one */
        delete: operations["endOtherSessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End one of your sessions; `current` is this one */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/stream-token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A token of one minute for a reader that can send no header, as EventSource
         * @description Opens streams of this tenant with `?stream_token=`, and nothing else, as who asks for it.
         */
        post: operations["createStreamToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/catalogue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Plugins of the catalogue, what of them is installed, and what is newer
         * @description It is read anew when a minute is over. What is wrong with it is in `problem`.
         */
        get: operations["listCatalogue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/catalogue/{slug}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One plugin of the catalogue, with all its releases */
        get: operations["getCataloguePlugin"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/catalogue/{slug}/install": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Install a release of the catalogue, or upgrade to it
         * @description As an upload of its bytes: 200 when they are live already. The catalogue is read anew, and the bytes have to be those that it lists. Enabling and granting need the role admin.
         */
        post: operations["installFromCatalogue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/data": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The tables that can be read, and what the tenant keeps in its own */
        get: operations["listTables"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/data/{table}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Rows of a table
         * @description The table `users` needs the role member. A table without rows, or one that nobody made, has none.
         */
        get: operations["listRows"];
        put?: never;
        /** Insert a row; the first one makes the table */
        post: operations["insertRow"];
        /** Delete a table with all of its rows */
        delete: operations["deleteTable"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/data/{table}/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One row
         * @description Of the table `users` for the role member.
         */
        get: operations["getRow"];
        put?: never;
        post?: never;
        /** Delete a row */
        delete: operations["deleteRow"];
        options?: never;
        head?: never;
        /** Set fields of a row, or remove them with $unset */
        patch: operations["updateRow"];
        trace?: never;
    };
    "/api/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Dead letters, newest first */
        get: operations["listDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters/discard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Discard dead letters by id or by filter
         * @description Needs ids, a filter, or `all: true`. At most 10,000 a call; `remaining` says how many are left. They stay in the list of runs.
         */
        post: operations["discardDeadLetters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay dead letters by id or by filter
         * @description Needs ids, a filter, or `all: true`. The first 500 at once, the others behind the answer; GET /api/dead-letters/replays/:id follows them.
         */
        post: operations["replayDeadLetters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters/replays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Replays of dead letters, newest first */
        get: operations["listDeadLetterReplays"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters/replays/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far a replay of dead letters has come */
        get: operations["getDeadLetterReplay"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Events, newest first */
        get: operations["listEvents"];
        put?: never;
        /**
         * Put an event into the tenant’s bus
         * @description Names that the platform itself emits (auth.*, files.*, plugin.*), and those that the operator reserves, need the role admin.
         */
        post: operations["sendEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One event with its deliveries, what caused it and what it caused */
        get: operations["getEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Deliver an event again to every plugin that wants it now */
        post: operations["replayEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * New events as server-sent events
         * @description Each event once, as soon as what was accepted before it is known too, with the deliveries that it has then. `Last-Event-ID` goes on behind the last one that came; `since` begins with events from before. Both reach back over the latest 20,000 events.
         */
        get: operations["streamEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Files, in the order of their keys */
        get: operations["listFiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/files/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A file’s bytes; HEAD for its size, type and tag
         * @description Takes If-None-Match, If-Modified-Since, Range and If-Range.
         */
        get: operations["getFile"];
        /**
         * Write a file: the body is its bytes
         * @description 201 for a new file, 200 for a replaced one. `If-None-Match: *` writes only a new one, `If-Match` only over the bytes that it names. Without a content type the key’s extension tells it.
         */
        put: operations["putFile"];
        post?: never;
        /** Delete a file */
        delete: operations["deleteFile"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/filters/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pass a value through every plugin’s filter of this name
         * @description In order of priority, the lowest first; of equals the plugin whose slug sorts first. Each filter has at most a second, all of them five. One that fails is passed over, or ends the call with `FILTER_FAILED` if it says `on_error: "fail"`.
         */
        post: operations["applyFilter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Sources of incoming webhooks */
        get: operations["listHookSources"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hooks/{source}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One source */
        get: operations["getHookSource"];
        /**
         * Set a source, new or not
         * @description 201 when it is new. With another secret the one before is believed for 24 hours more.
         */
        put: operations["setHookSource"];
        post?: never;
        /** Receive nothing from it any more */
        delete: operations["deleteHookSource"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The tenant’s invitations; ended ones stay for 30 days */
        get: operations["listInvitations"];
        put?: never;
        /**
         * Invite an e-mail address into the tenant
         * @description A mail with a link goes out; it works once, for seven days. Where no mail can be sent, or it was not taken, the answer has the link, to be passed on by hand.
         */
        post: operations["createInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/invitations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One invitation */
        get: operations["getInvitation"];
        put?: never;
        post?: never;
        /** Take an invitation back */
        delete: operations["revokeInvitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/invitations/{id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give an invitation another link and seven days more; the link before opens nothing any more */
        post: operations["resendInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/invitations/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept an invitation with a name and a password, and sign in
         * @description Whoever signs in through the identity provider with an address that it has verified accepts by that, without a password.
         */
        post: operations["acceptInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/invitations/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What an invitation is for, before it is accepted */
        post: operations["previewInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The jobs of all the tenant’s plugins, in order of slug */
        get: operations["listJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/jobs/calendar": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * When the jobs that have a schedule run within a span of time
         * @description The span has 31 days at most. A page may hold none and still name a `next_cursor`: jobs without a schedule are left out.
         */
        get: operations["listJobTimes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Mail of the tenant’s plugins, newest first */
        get: operations["listMail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mail/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One mail; a kept one with its texts */
        get: operations["getMail"];
        put?: never;
        post?: never;
        /** Remove a mail, and what was kept of it */
        delete: operations["deleteMail"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mail/{id}/attachments/{place}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The bytes of something attached to a kept mail, by its place from 0 */
        get: operations["getMailAttachment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mappings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Mappings in force */
        get: operations["listMappings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mappings/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One mapping
         * @description The answer’s `ETag` is its version.
         */
        get: operations["getMapping"];
        /**
         * Set a mapping, new or not
         * @description 201 when it is new. It is in force from the answer on, as a whole. A faulty one is refused with all its faults, and the one before stays in force. A rule that could keep back what the platform itself says needs the role admin. `If-Match` with the version that was read changes that one only, and 0 only what is not there yet: 412 `MAPPING_CHANGED` otherwise.
         */
        put: operations["setMapping"];
        post?: never;
        /**
         * Remove a mapping with its alerts
         * @description `If-Match` with the version that was read changes that one only, and 0 only what is not there yet: 412 `MAPPING_CHANGED` otherwise.
         */
        delete: operations["deleteMapping"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mappings/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * See what would become of events; nothing is written
         * @description Nothing is remembered from before: the first event of a key goes through.
         */
        post: operations["testMappings"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Your own account
         * @description Not by an API token; `getMe` answers those too.
         */
        get: operations["getProfile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change what you are called, in all of your tenants
         * @description Not by an API token. The address is an admin’s to change (`updateUser`): it is what tenants and the identity provider know you by.
         */
        patch: operations["updateProfile"];
        trace?: never;
    };
    "/api/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the tenant’s plugins did, for Prometheus
         * @description Counters are of the present UTC day: they begin again at midnight, which `rate` and `increase` know as a restart. At most 1,000 series of one name; `annex_series_left_out` counts the others.
         */
        get: operations["getTenantMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notice-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Rules by which people are told, by name */
        get: operations["listNoticeRules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notice-rules/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One rule */
        get: operations["getNoticeRule"];
        /**
         * Set a rule by which people are told, new or not
         * @description 201 when it is new. What stands already is told within a minute.
         */
        put: operations["setNoticeRule"];
        post?: never;
        /** Delete a rule; what it has not sent yet is not sent */
        delete: operations["deleteNoticeRule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notice-rules/{name}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a message that says that it is a test */
        post: operations["testNoticeRule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the tenant’s rules told, newest first */
        get: operations["listNotices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/operator/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is wrong with the running platform, and what to do
         * @description Looks at database, rights, migrations, clock, queue, backlog, processes, isolation, disk, settings and certificates, each for five seconds at most. It changes nothing, and is at most two seconds old.
         */
        get: operations["examinePlatform"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/operator/erasures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Receipts of tenants that were erased, newest first */
        get: operations["listErasures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/operator/installations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Installations of a plugin, or of all, in every tenant */
        get: operations["listInstallations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/operator/notices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What operators were told of all tenants, newest first */
        get: operations["listOperatorNotices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/operator/processes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every process of Annex with its executors */
        get: operations["listProcesses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/operator/publishers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Keys whose signatures count, and which packages are let in
         * @description As `ANNEX_PUBLISHERS` lists them now, or did when it could be read last.
         */
        get: operations["listPublishers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/operator/quarantines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Code that nobody may run, newest first */
        get: operations["listQuarantines"];
        put?: never;
        /**
         * Keep an archive, or every release of a slug, from running in any tenant
         * @description It can be neither uploaded nor enabled from now on. What runs of it is suspended, and background runs under way are cancelled. Asked for again, the newer reason holds.
         */
        post: operations["setQuarantine"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/operator/quarantines/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Let code run again; nothing is enabled by itself */
        delete: operations["liftQuarantine"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/operator/queue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Background work of all tenants: what waits, and why
         * @description At most two seconds old.
         */
        get: operations["getQueue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/operator/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The settings in force, without what is secret
         * @description Of the process that answers; docs/configuration.md explains each.
         */
        get: operations["listPlatformSettings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/operator/spend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What all tenants used in closed days, by tenant and plugin; so many tenants a page
         * @description Tenants that were erased are among them. A closed day never changes.
         */
        get: operations["listSpend"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/operator/spend/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same as CSV, of all tenants */
        get: operations["exportAllSpend"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The tenant’s plugins */
        get: operations["listPlugins"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One plugin, by id or slug */
        get: operations["getPlugin"];
        put?: never;
        post?: never;
        /**
         * Uninstall a plugin and erase what it kept
         * @description It is `uninstalling` while its `onShutdown` and `onUninstall` run, for at most 10 seconds each. One that was cut off meanwhile goes on with the next call, or by itself after a minute.
         */
        delete: operations["deletePlugin"];
        options?: never;
        head?: never;
        /**
         * Say from which level on the lines of the plugin are kept
         * @description Lines of lower levels are not kept, from the next run on; of runs that are under way they are.
         */
        patch: operations["updatePlugin"];
        trace?: never;
    };
    "/api/plugins/{id}/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The tenant’s settings for the plugin, defaults filled in
         * @description The answer’s `ETag` is the number of the revision.
         */
        get: operations["getPluginConfig"];
        /**
         * Replace the settings
         * @description The answer’s `ETag` is the number of the revision. `If-Match` with it changes only what the caller has read: 412 `CONFIG_CHANGED` otherwise.
         */
        put: operations["setPluginConfig"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change some settings (RFC 7396 merge patch)
         * @description The answer’s `ETag` is the number of the revision. `If-Match` with it changes only what the caller has read: 412 `CONFIG_CHANGED` otherwise.
         */
        patch: operations["updatePluginConfig"];
        trace?: never;
    };
    "/api/plugins/{id}/config/revisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The settings as they were: who changed which when, newest first
         * @description The latest 100 are kept.
         */
        get: operations["listConfigRevisions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/config/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Bring the settings of an earlier revision back
         * @description They become a revision of their own, and must fit the schema of the active release. The answer’s `ETag` is the number of the revision. `If-Match` with it changes only what the caller has read: 412 `CONFIG_CHANGED` otherwise.
         */
        post: operations["rollBackPluginConfig"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Disable a plugin: its routes answer 409, its events and jobs rest */
        post: operations["disablePlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Enable a plugin, granting permissions with it */
        post: operations["enablePlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Runs the plugin’s health handler, and says whether its background runs fail */
        get: operations["checkPluginHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Jobs with their next runs and last run */
        get: operations["listPluginJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/jobs/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Pause a job, or give it another schedule or zone */
        patch: operations["updateJob"];
        trace?: never;
    };
    "/api/plugins/{id}/jobs/{name}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** When a job would run with another schedule or zone; nothing is saved */
        get: operations["previewJobSchedule"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/jobs/{name}/run-now": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run a job now
         * @description With `?wait=` the run: 200 when it has ended, 202 while it runs or waits to be tried again, with the attempts so far.
         */
        post: operations["runJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/kv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Keys that a plugin keeps, in the order of their bytes */
        get: operations["listKv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/kv/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a plugin keeps under a key */
        get: operations["getKv"];
        put?: never;
        post?: never;
        /** Forget a key of a plugin */
        delete: operations["deleteKv"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Captured console and ctx.log lines, newest first */
        get: operations["listPluginLogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/logs/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** New log lines as server-sent events */
        get: operations["streamPluginLogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Runs by status, kind and error, durations, counts by day */
        get: operations["getPluginMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/permissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Permissions asked for, granted and pending; where the code uses them, and when it last did */
        get: operations["getPluginPermissions"];
        /** Say which permissions are granted */
        put: operations["setPluginPermissions"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/recording": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep what the plugin’s runs ask of the host, for a time
         * @description Of runs that begin from now on `GET /api/runs/{id}/calls` tells each call with its arguments, answer and time: for `annex runs replay --local`, and to see what a run waited for. Secrets that the plugin has read are masked, as in its log; what a server answered it is kept as it came. Calling again begins the time anew.
         */
        post: operations["startRecording"];
        /**
         * Keep what the plugin’s runs ask of the host no more
         * @description What was recorded stays for seven days.
         */
        delete: operations["stopRecording"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/releases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every release that was uploaded */
        get: operations["listReleases"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/releases/{release}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One release: its manifest, the schema of its settings, what it brings, its files
         * @description `release`: an id, a version, or `active`.
         */
        get: operations["getRelease"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/releases/{release}/activate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a stored release the active one, at once where the plugin is enabled */
        post: operations["activateRelease"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/releases/{release}/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a release would change: permissions, routes, jobs, settings, files */
        get: operations["diffReleases"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/reload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Throw warm isolates away and start afresh */
        post: operations["reloadPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make an earlier release the active one */
        post: operations["rollbackPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/secrets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Names of a plugin’s secrets */
        get: operations["listPluginSecrets"];
        put?: never;
        /** Set a plugin’s secret, named in the body */
        post: operations["addPluginSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/secrets/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Set a plugin’s secret */
        put: operations["setPluginSecret"];
        post?: never;
        /** Remove a plugin’s secret */
        delete: operations["deletePluginSecret"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/secrets/declared": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Secrets that a plugin’s active release names: which are set, and when each was last used */
        get: operations["listDeclaredSecrets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/{id}/watch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far a plugin has heard of the tenant’s settings, and what it refused */
        get: operations["getSettingWatch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The health of all plugins, as their scheduled checks and failing runs show it
         * @description Of a plugin whose slug is `health`, GET /api/plugins/:id answers by its id.
         */
        get: operations["getPluginsHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/test-event": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send an event and see what each plugin made of it */
        post: operations["testEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Upload a package: a new plugin, or a new release of one
         * @description 200 when the same bytes are live already. With `activate=false` the release is stored only, and made live by its own `activate`; a plugin’s first release is the active one all the same.
         */
        post: operations["uploadPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plugins/validate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Check a package and store nothing */
        post: operations["validatePlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/portal-links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A link to some screens of the tenant, for a page of yours that embeds them
         * @description Good for five minutes. What it opens ends with the token that asks for it: make one for the purpose, and revoke that to close every portal. Pages of `ANNEX_PORTAL_ORIGINS` may embed it.
         */
        post: operations["createPortalLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/portal-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Open a portal with the token of its link, as the embedded page does */
        post: operations["beginPortalSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Runs, newest first
         * @description With `name` or `q` a page looks at 20,000 runs at most: it may hold none and still name a `next_cursor`.
         */
        get: operations["listRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One run: attempts, limits used, logs, result */
        get: operations["getRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{id}/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a run asked of the host and what it was answered, where its plugin was recorded
         * @description `POST /api/plugins/{id}/recording` switches that on. Of a run without recording `attempt` is `null`.
         */
        get: operations["listCalls"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancel a run that has not ended */
        post: operations["cancelRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{id}/discard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Discard a dead letter
         * @description It stays in the list of runs, and is no dead letter any more.
         */
        post: operations["discardRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Run it again, as a run of its own */
        post: operations["replayRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/batches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Acts on many runs, newest first */
        get: operations["listRunBatches"];
        put?: never;
        /**
         * Cancel, replay or discard the runs that a filter means
         * @description Needs ids, a filter, or `all: true`. Of the runs that there are now the oldest 10,000, behind the answer; GET /api/runs/batches/:id follows them. `cancel` means runs that have not ended, `replay` background runs that ended, `discard` dead letters. With `name` or `q` the latest 20,000 runs are looked through.
         */
        post: operations["beginRunBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/batches/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far an act on many runs has come */
        get: operations["getRunBatch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/batches/{id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End an act on many runs where it stands; what it did stays done */
        post: operations["stopRunBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/batches/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many runs an act would change; nothing is done */
        get: operations["previewRunBatch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Runs as server-sent events, as they are made and whenever they change
         * @description A run comes again with each change, until it has ended; of a filter by `status`, when it has that. `Last-Event-ID` goes on behind the last change that came, among the latest 20,000 runs; a state that came before may come once more then. Plain calls of routes come as runs that ended.
         */
        get: operations["streamRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/secrets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Names of the tenant-wide secrets */
        get: operations["listSecrets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/secrets/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Set a tenant-wide secret; a plugin reads it only if its manifest names it */
        put: operations["setSecret"];
        post?: never;
        /** Remove a tenant-wide secret */
        delete: operations["deleteSecret"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Settings, in the order of their keys */
        get: operations["listSettings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/settings/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One setting
         * @description The answer’s `ETag` is the revision.
         */
        get: operations["getSetting"];
        /**
         * Set a setting, new or not
         * @description 201 when it is new. The value that it has already changes nothing. The answer’s `ETag` is the revision. `If-Match` with it changes only what the caller has read, `If-None-Match: *` makes only a new key: 412 `SETTING_CHANGED` otherwise.
         */
        put: operations["setSetting"];
        post?: never;
        /**
         * Remove a setting
         * @description `If-Match` removes only what the caller has read: 412 `SETTING_CHANGED` otherwise.
         */
        delete: operations["deleteSetting"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/settings/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Changes of settings as server-sent events, in order of revision
         * @description Each change once. Its id is its revision; `Last-Event-ID` goes on behind it and wins over `since`. The latest 5,000 changes are kept: 410 `SETTING_HISTORY_GONE` for a beginning before them.
         */
        get: operations["streamSettings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sources": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Sources of events, by name */
        get: operations["listSources"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sources/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One source */
        get: operations["getSource"];
        /**
         * Set a source of the tenant’s own, new or not
         * @description 201 when it is new. With another type it begins anew.
         */
        put: operations["setSource"];
        post?: never;
        /** Delete a source of the tenant’s own */
        delete: operations["deleteSource"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sources/{name}/cursor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Say where a source goes on
         * @description What was emitted before is not emitted again, as long as the source gives it the same id.
         */
        put: operations["setSourceCursor"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sources/{name}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take nothing from a source until it is resumed */
        post: operations["pauseSource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sources/{name}/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin a source anew, from where its cursor stands
         * @description Its initialize runs again, and a failure is forgotten.
         */
        post: operations["restartSource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sources/{name}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go on with a source that was paused */
        post: operations["resumeSource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sources/{name}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Poll once, and emit nothing
         * @description Shows what a poll would give now. The cursor stays where it is. Of a connection: whether its origin would let it in; one that is open stays so.
         */
        post: operations["testSource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/spend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the tenant used in closed days, by plugin */
        get: operations["getSpend"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/spend/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same as CSV */
        get: operations["exportSpend"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A time series for a chart
         * @description At most 1,000 buckets, over the latest 20,000 runs of the span: `complete_since` says what they cover.
         */
        get: operations["getStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tenant": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The tenant that the call is for */
        get: operations["getOwnTenant"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change its name, or the zone in which its people read times */
        patch: operations["updateOwnTenant"];
        trace?: never;
    };
    "/api/tenant/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Everything of the tenant that the call is for, as one archive
         * @description docs/archives.md describes it. Secrets and what lets people in are left out: those are an operator’s to move. One that breaks off has no end.json: ask again.
         */
        get: operations["exportOwnTenant"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every tenant */
        get: operations["listTenants"];
        put?: never;
        /** Make a tenant */
        post: operations["createTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tenants/{slug}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One tenant */
        get: operations["getTenant"];
        put?: never;
        post?: never;
        /**
         * Delete a tenant: suspended at once, erased after a time of grace
         * @description Until `deletion.erases_at` the tenant can be taken back. With `now=true` it is erased at once and the answer is 204.
         */
        delete: operations["deleteTenant"];
        options?: never;
        head?: never;
        /** Change a tenant: its name, its slug and with it its addresses, its weight, concurrency and quotas */
        patch: operations["updateTenant"];
        trace?: never;
    };
    "/api/tenants/{slug}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Everything of a tenant, as one archive
         * @description docs/archives.md describes it. With a passphrase its secrets work where it is imported; without one they are left out, with what lets people in. One that breaks off has no end.json: ask again.
         */
        get: operations["exportTenant"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tenants/{slug}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a deleted tenant back
         * @description Works until its erasure begins.
         */
        post: operations["restoreTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tenants/{slug}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a suspended tenant go on
         * @description What waited is started; one that goes on already stays as it is.
         */
        post: operations["resumeTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tenants/{slug}/support-entries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Enter a tenant for support: for a time, with a reason, and to look only unless asked otherwise
         * @description Gives an API token of this tenant alone. The tenant’s audit trail says who entered, why and until when; its admins can revoke the token. A tenant that is suspended opens to operators only.
         */
        post: operations["enterTenantForSupport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tenants/{slug}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Bring a tenant, or its background work alone, to a standstill
         * @description Runs under way end, and no further one is started. What waits is kept, and events that come meanwhile too where background work alone stands still. Operators can still enter. Asked for again, the newer words hold.
         */
        post: operations["suspendTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tenants/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a tenant of an archive: whole, or not at all
         * @description It keeps its ids, and is suspended unless asked otherwise.
         */
        post: operations["importTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** API tokens: your own, or the tenant’s for an admin */
        get: operations["listTokens"];
        put?: never;
        /**
         * Make an API token; it is shown this once
         * @description Again with the same Idempotency-Key, the answer comes without `token`.
         */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One API token; its text is never shown again */
        get: operations["getToken"];
        put?: never;
        post?: never;
        /** Revoke an API token */
        delete: operations["deleteToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the tenant’s plugins used, by day, and use against each quota */
        get: operations["getUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The tenant’s users */
        get: operations["listUsers"];
        put?: never;
        /** Add a user to the tenant */
        post: operations["createUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One user */
        get: operations["getUser"];
        put?: never;
        post?: never;
        /** Remove a user from the tenant */
        delete: operations["deleteUser"];
        options?: never;
        head?: never;
        /** Change a user’s e-mail, name, password or role; everybody may change the own name and, with the present one, the own password */
        patch: operations["updateUser"];
        trace?: never;
    };
    "/api/users/{id}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a user’s sign-ins in the tenant; API tokens stay */
        delete: operations["endUserSessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/views": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Filters of lists that are kept under a name, by list and name */
        get: operations["listViews"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/views/{list}/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Keep filters of a list under a name, new or not
         * @description 201 when it is new. Everybody of the tenant sees it.
         */
        put: operations["setView"];
        post?: never;
        /** Delete a view, for everybody of the tenant */
        delete: operations["deleteView"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Webhooks: the tenant’s own and those of its plugins */
        get: operations["listWebhooks"];
        put?: never;
        /** Register a webhook; its signing secret is shown this once */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One webhook
         * @description `:id` is its id, or its name where only one has it.
         */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /** Remove a webhook of the tenant’s own */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        /** Change a webhook of the tenant’s own */
        patch: operations["updateWebhook"];
        trace?: never;
    };
    "/api/webhooks/{id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop a webhook; deliveries that come meanwhile are skipped */
        post: operations["disableWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a disabled webhook go on */
        post: operations["enableWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give it another secret, shown this once; the one before signs beside it for 24 hours */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send something to it */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Deliveries, those sent last first */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/deliveries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One delivery with each attempt’s request and response */
        get: operations["getDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/deliveries/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a delivery again: the same bytes, the same webhook-id */
        post: operations["replayDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ext/{slug}/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Call a plugin’s route
         * @description The tenant is that of X-Tenant-Slug, of the host, or the token’s only one. Senders that can set no header (webhooks, signed routes) use /t/{tenant}/ext/{slug}/{path}.
         */
        get: operations["getPluginRoute"];
        /**
         * Call a plugin’s route
         * @description The tenant is that of X-Tenant-Slug, of the host, or the token’s only one. Senders that can set no header (webhooks, signed routes) use /t/{tenant}/ext/{slug}/{path}.
         */
        put: operations["putPluginRoute"];
        /**
         * Call a plugin’s route
         * @description The tenant is that of X-Tenant-Slug, of the host, or the token’s only one. Senders that can set no header (webhooks, signed routes) use /t/{tenant}/ext/{slug}/{path}.
         */
        post: operations["postPluginRoute"];
        /**
         * Call a plugin’s route
         * @description The tenant is that of X-Tenant-Slug, of the host, or the token’s only one. Senders that can set no header (webhooks, signed routes) use /t/{tenant}/ext/{slug}/{path}.
         */
        delete: operations["deletePluginRoute"];
        options?: never;
        head?: never;
        /**
         * Call a plugin’s route
         * @description The tenant is that of X-Tenant-Slug, of the host, or the token’s only one. Senders that can set no header (webhooks, signed routes) use /t/{tenant}/ext/{slug}/{path}.
         */
        patch: operations["patchPluginRoute"];
        trace?: never;
    };
    "/files/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file, by a link that ctx.files.url made */
        get: operations["getLinkedFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process lives */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/hooks/{tenant}/{source}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Answer hub.challenge, as Meta and WebSub ask
         * @description HEAD is answered too where the preset is one that looks first, such as trello.
         */
        get: operations["answerHookChallenge"];
        put?: never;
        /** Receive a webhook: signed as its source says, it becomes the event webhook.received */
        post: operations["receiveHook"];
        delete?: never;
        /** Consent to CloudEvents, or answer a browser’s preflight */
        options: operations["consentToHooks"];
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Prometheus metrics */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process can take traffic */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/schemas/plugin.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** JSON Schema of plugin.json */
        get: operations["getManifestSchema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/t/{tenant}/ext/{slug}/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Call a plugin’s route, the tenant in the path */
        get: operations["getTenantPluginRoute"];
        /** Call a plugin’s route, the tenant in the path */
        put: operations["putTenantPluginRoute"];
        /** Call a plugin’s route, the tenant in the path */
        post: operations["postTenantPluginRoute"];
        /** Call a plugin’s route, the tenant in the path */
        delete: operations["deleteTenantPluginRoute"];
        options?: never;
        head?: never;
        /** Call a plugin’s route, the tenant in the path */
        patch: operations["patchTenantPluginRoute"];
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Who did something */
        Actor: {
            id: string;
            /** @description An e-mail address, or a token’s name; `null`: it has none, or is gone */
            name: string | null;
            /**
             * @description `run`: a plugin’s code. `identity`: known to the identity provider only
             * @enum {string}
             */
            type: "user" | "operator" | "token" | "identity" | "run" | "system";
        };
        /** @description Whom a plugin asks about events */
        Agent: {
            /**
             * @description `required`: an admin says yes to each question first
             * @enum {string}
             */
            approval: "none" | "required";
            /** Format: date-time */
            created_at: string;
            description: string | null;
            events: string[];
            failing_since: string | null;
            /** @description Attempts in a row that the endpoint did not take */
            failures: number;
            id: string;
            last_question: {
                /** Format: date-time */
                at: string;
                error: string | null;
                id: string;
            } | null;
            name: string;
            plugin: string;
            /** @enum {string} */
            protocol: "a2a" | "llm";
            /** @description Why it is not asked; `null` while it is */
            reason: string | null;
            retry: {
                /** @enum {string} */
                backoff?: "exponential" | "fixed";
                initial_delay_s?: number;
                max_attempts?: number;
                max_delay_s?: number;
            };
            /**
             * @description `inactive`: its plugin is not enabled. `blocked`: a permission that it needs was not granted
             * @enum {string}
             */
            status: "enabled" | "disabled" | "inactive" | "blocked";
            /** @description How long it may work on a question; `null`: not known now */
            timeout_s: number | null;
            /** Format: date-time */
            updated_at: string;
            /** @description As it was written, placeholders included; `null` for `llm` */
            url: string | null;
            /** @description A filter that events must pass; `null`: each does */
            where: unknown;
        };
        /** @description Events of one rule and key */
        Alert: {
            /** @description Events since it began to fire */
            count: number;
            /**
             * Format: date-time
             * @description When it is over if nothing more comes; of a resolved one, when it is forgotten
             */
            ends_at: string;
            /** @description The last event of it that went through */
            event_id: string;
            /** Format: date-time */
            first_at: string;
            id: string;
            key: string;
            /** Format: date-time */
            last_at: string;
            /** @description The actor who resolved it; `null`: an event or its time, or nobody */
            resolved_by: string | null;
            /** @description `<mapping>/<rule>` that counts it */
            rule: string;
            /** @description Until then its events are kept back */
            silence_ends_at: string | null;
            /** @enum {string} */
            status: "firing" | "resolved";
            /** @description Of its events */
            type: string;
        };
        AskedAgent: {
            /** @description Of the question */
            id: string;
            run_id: string;
            status: components["schemas"]["RunStatus"];
        };
        Attempt: {
            error?: components["schemas"]["Fault"];
            finished_at?: string | null;
            number: number;
            /** Format: date-time */
            started_at: string;
        };
        AuditEntry: {
            action: string;
            /** @description The id of a user, token or operator, or `system` */
            actor: string;
            /** Format: date-time */
            at: string;
            detail: {
                [key: string]: unknown;
            };
            request_id: string | null;
            seq: number;
            target: string | null;
            /** @description In lists: who that is; `null`: nobody, or nobody knows. Names are for members and above */
            who?: components["schemas"]["Actor"] | null;
        };
        /** @description A run that was started and waited for */
        AwaitedRun: {
            attempts: components["schemas"]["Attempt"][];
            /** @description The run that emitted its event, or whose code asked for it */
            cause: components["schemas"]["RunMention"] | null;
            /** @description Runs that its code brought about, oldest first, at most 100 */
            children: components["schemas"]["RunMention"][];
            /**
             * Format: date-time
             * @description When somebody discarded it as a dead letter
             */
            discarded_at?: string;
            /** @description Events that its code emitted, oldest first, at most 100 */
            emitted: {
                id: string;
                type: string;
            }[];
            error: components["schemas"]["Fault"] | null;
            event_id?: string;
            finished_at: string | null;
            id: string;
            /** @enum {string} */
            kind: "route" | "event" | "job" | "webhook" | "filter" | "lifecycle" | "source";
            /** @description What was used of each limit: `wall_ms`, `cpu_ms`, `memory_mb`, … */
            limits: {
                [key: string]: {
                    max: number;
                    used: number;
                };
            };
            /** @description The first thousand lines */
            logs: components["schemas"]["LogLine"][];
            /** @description The handler: a job’s name, an event’s, a route’s */
            name: string;
            /**
             * Format: date-time
             * @description When it starts at the earliest
             */
            next_attempt_at?: string;
            /** @description What its handler was given. Of an event its `data`, unless another was given */
            payload: unknown;
            /** @description Its slug; `null`: it sends one of the tenant’s own webhooks */
            plugin: string | null;
            /** Format: date-time */
            queued_at: string;
            /** @description Version of the release that ran last; `null`: none has yet */
            release: string | null;
            /** @description The run that this one repeats */
            replay_of?: string;
            /** @description Runs that repeat it, oldest first, at most 100 */
            replays: components["schemas"]["RunMention"][];
            result: unknown;
            /** @description In lists: the result has this many bytes and is shown with the run itself */
            result_omitted_bytes?: number;
            run_id: string;
            /** Format: date-time */
            scheduled_for?: string;
            /** @description Of a tick that did not run and tells of those after it too: how many, and when */
            skipped?: {
                /** Format: date-time */
                first: string;
                /** Format: date-time */
                last: string;
                ticks: number;
            };
            started_at: string | null;
            status: components["schemas"]["RunStatus"];
            trigger: components["schemas"]["Trigger"];
            /**
             * @description What it waits for. `slot`: a worker that is free. `tenant_limit`: one of its tenant’s own runs to end. `retry`: the time of its next attempt. `time`: the time it was made for. `overlap`: an earlier run of its job. `plugin_disabled`: somebody who enables its plugin. `endpoint`: earlier deliveries to the same endpoint. `agent`: an agent that works on it. `approval`: somebody who says yes. `quota`: the end of a day whose quota is used up
             * @enum {string}
             */
            waiting_for?: "slot" | "tenant_limit" | "retry" | "time" | "overlap" | "plugin_disabled" | "endpoint" | "agent" | "approval" | "quota";
        };
        /** @description A session whose token is in a cookie */
        BrowserSession: {
            /** @description Seconds */
            expires_in: number;
            tenants: components["schemas"]["TenantPlace"][];
            user: {
                email: string;
                id: string;
                operator: boolean;
            };
        };
        CataloguePage: {
            /** @description `null`: there is none, or none that counts */
            catalogue: {
                /** Format: date-time */
                expires_at: string;
                /** Format: date-time */
                issued_at: string;
                /** Format: date-time */
                read_at: string;
                /** @description Grows with each catalogue that is published */
                serial: number;
                signed_by: {
                    key_id: string;
                    publisher: string;
                };
            } | null;
            items: components["schemas"]["ListedPlugin"][];
            /** @description Of the next page; `null`: this is the last */
            next_cursor: string | null;
            /** @description Why there is none, or why it is the last good one; `null`: all is well */
            problem: components["schemas"]["Fault"] | null;
        };
        CausedEvent: {
            deliveries: components["schemas"]["TracedDelivery"][];
            id: string;
            source: string;
            /** Format: date-time */
            time: string;
            type: string;
        };
        ChangedPassword: {
            /** @description Of the session that goes on. Shown this once */
            access_token?: string;
            /** @description Seconds */
            expires_in: number;
            /** @constant */
            token_type: "Bearer";
            /** @description API tokens that ended with it */
            tokens_ended: number;
            /** @description Whose password changed: one in each tenant that had the old one */
            users: string[];
        };
        /** @description The settings of a plugin as they were once */
        ConfigRevision: {
            /** @description Who changed it; `null`: nobody knows */
            actor: string | null;
            /** @description Whose value became another one */
            changed: string[];
            /** @description As the tenant made it, defaults not filled in */
            config: {
                [key: string]: unknown;
            };
            /** Format: date-time */
            created_at: string;
            revision: number;
            /** @description In lists: who that is; `null`: nobody, or nobody knows. Names are for members and above */
            who?: components["schemas"]["Actor"] | null;
        };
        /** @description How far a replay of dead letters has come */
        DeadLetterReplay: {
            actor: string;
            /** Format: date-time */
            created_at: string;
            failed: number;
            finished_at: string | null;
            id: string;
            remaining: number;
            replayed: number;
            /** @enum {string} */
            status: "running" | "done" | "cancelled";
            total: number;
            waiting_for?: string;
            /** @description In lists: who that is; `null`: nobody, or nobody knows. Names are for members and above */
            who?: components["schemas"]["Actor"] | null;
        };
        /** @description A secret that a plugin’s active release names */
        DeclaredSecret: {
            /** @description The author’s */
            description: string | null;
            /** @description When its value was last given to the code, or sent for it, exact to a minute; `null`: never */
            last_used_at: string | null;
            name: string;
            /** @description Enabling needs a value */
            required: boolean;
            /** @description Whose value the plugin gets: its own, the tenant’s; `null`: nobody has set one */
            set_by: ("plugin" | "tenant") | null;
        };
        /** @description Run after run of the plugin fails by its own fault */
        Degraded: {
            /** @description Attempts that failed in a row */
            failed_attempts: number;
            /** @description Runs that failed for good */
            failed_runs: number;
            last_error: unknown;
            last_run_id: string;
            /** Format: date-time */
            since: string;
        };
        Delivery: {
            attempt_count: number;
            /** @description Only with the delivery itself, not in lists */
            attempts?: components["schemas"]["DeliveryAttempt"][];
            /** Format: date-time */
            created_at: string;
            error: components["schemas"]["Fault"] | null;
            event_id: string | null;
            event_type: string | null;
            finished_at: string | null;
            id: string;
            /** Format: date-time */
            next_attempt_at?: string;
            plugin: string | null;
            /** @description The run that sends it, or sent it last */
            run_id: string;
            status: components["schemas"]["RunStatus"];
            waiting_for?: string;
            webhook: string;
            webhook_id: string;
        };
        DeliveryAttempt: {
            /** @description `null`: it is under way, or the process that made it died */
            duration_ms: number | null;
            error: components["schemas"]["Fault"] | null;
            number: number;
            request: {
                body?: string;
                body_bytes?: number;
                body_truncated?: boolean;
                headers?: {
                    [key: string]: string;
                };
                method?: string;
                url?: string;
            };
            response: {
                body: string;
                body_bytes: number;
                body_truncated: boolean;
                headers: {
                    [key: string]: string;
                };
                status: number;
            } | null;
            run_id: string;
            /** Format: date-time */
            started_at: string;
        };
        DiscardedDeadLetters: {
            discarded: number;
            remaining: number;
        };
        EmittedEvent: {
            event_id: string;
        };
        /** @description The receipt of an erasure */
        Erasure: {
            began_at: string | null;
            deleted_at: string | null;
            deleted_by: string | null;
            /** Format: date-time */
            erased_at: string;
            files: {
                bytes: number;
                count: number;
            };
            id: string;
            /** @description What stays with the operator; `ends_at` is `null` for what the sweeper removes within minutes */
            kept: {
                ends_at: string | null;
                rows: number;
                what: string;
                why: string;
            }[];
            /** @description Releases of its plugins */
            packages: {
                bytes: number;
                count: number;
            };
            /** @description Rows that went, by table */
            rows: {
                [key: string]: number;
            };
            tenant: {
                id: string;
                name: string;
                slug: string;
            };
            /** @description Runs of the queue that were not done */
            unfinished_runs: number;
        };
        Event: {
            /** @description The alert that it belongs to */
            alert?: {
                /** @description Events of the alert up to this one */
                count: number;
                /** Format: date-time */
                first_at: string;
                id: string;
                /** @enum {string} */
                status: "firing" | "resolved";
            };
            attributes: {
                [key: string]: string | number | boolean;
            };
            data: unknown;
            deliveries: components["schemas"]["EventDelivery"][];
            id: string;
            /** @description `<mapping>/<rule>` that took it, or made it */
            mapped_from?: string;
            /** @description The type that it came with, where a mapping gave it another */
            raw_type?: string;
            /** @description Why nobody got it: what its source must say and it did not */
            rejected?: {
                missing: string[];
                reason: string;
            };
            /** @description The run that emitted it */
            run_id?: string;
            /** @enum {string} */
            severity: "debug" | "info" | "warning" | "error" | "critical";
            source: string;
            subject: string | null;
            /** @description Why a mapping gave it to nobody */
            suppressed_by?: {
                alert: string | null;
                /** @enum {string} */
                reason: "window" | "silence" | "resolved" | "unmapped";
                rule: string;
            };
            tags: string[];
            /** Format: date-time */
            time: string;
            type: string;
        };
        /** @description A run that an event was given to */
        EventDelivery: {
            attempts: number;
            plugin: string | null;
            replay_of?: string;
            run_id: string;
            status: components["schemas"]["RunStatus"];
            webhook?: string;
        };
        /** @description An event with what made it happen and what it made happen */
        EventTree: {
            /** @description The alert that it belongs to */
            alert?: {
                /** @description Events of the alert up to this one */
                count: number;
                /** Format: date-time */
                first_at: string;
                id: string;
                /** @enum {string} */
                status: "firing" | "resolved";
            };
            attributes: {
                [key: string]: string | number | boolean;
            };
            /** @description The run that emitted it and the event behind that; `null`: it came from outside */
            caused_by: {
                event_id: string | null;
                event_type: string | null;
                kind: string | null;
                name: string | null;
                plugin: string | null;
                run_id: string;
            } | null;
            data: unknown;
            deliveries: components["schemas"]["TracedDelivery"][];
            id: string;
            /** @description `<mapping>/<rule>` that took it, or made it */
            mapped_from?: string;
            /** @description Who wants events of this name and would not get this one, as handlers stand now; 100 at most */
            passed_over: {
                /**
                 * @description `event`: a hook. `webhook`: a webhook or an agent
                 * @enum {string}
                 */
                kind: "event" | "webhook";
                /** @description The hook’s pattern, or the name of the webhook or agent */
                name: string;
                plugin: string | null;
                /**
                 * @description `where`: its filter. `off`: its plugin is not enabled
                 * @enum {string}
                 */
                reason: "where" | "off";
            }[];
            /** @description The type that it came with, where a mapping gave it another */
            raw_type?: string;
            /** @description Why nobody got it: what its source must say and it did not */
            rejected?: {
                missing: string[];
                reason: string;
            };
            /** @description The run that emitted it */
            run_id?: string;
            /** @enum {string} */
            severity: "debug" | "info" | "warning" | "error" | "critical";
            source: string;
            subject: string | null;
            /** @description Why a mapping gave it to nobody */
            suppressed_by?: {
                alert: string | null;
                /** @enum {string} */
                reason: "window" | "silence" | "resolved" | "unmapped";
                rule: string;
            };
            tags: string[];
            /** Format: date-time */
            time: string;
            /** @description The tree goes on beyond what is shown: 10 levels, 200 events */
            tree_truncated: boolean;
            type: string;
        };
        /** @description What is wrong with the platform, as the process sees it that answers */
        Examination: {
            /** Format: date-time */
            checked_at: string;
            /** @description The worst first, at most 60 */
            findings: {
                /** @description What was looked at, such as `database` or `disk` */
                check: string;
                detail: string;
                /**
                 * @description `warning`: it works, and will not for ever
                 * @enum {string}
                 */
                status: "ok" | "warning" | "fault";
                /** @description What to do; `null`: nothing */
                way_out: string | null;
            }[];
            /**
             * @description The worst of the findings
             * @enum {string}
             */
            status: "ok" | "warning" | "fault";
        };
        Fault: {
            /** @description Stable; docs/errors.md lists these codes */
            code: string;
            message: string;
        };
        File: {
            content_type: string;
            /** Format: date-time */
            created_at: string;
            /** @description SHA-256 of the bytes, hex: the same bytes have the same tag */
            etag: string;
            key: string;
            /** @description Bytes */
            size: number;
            /** Format: date-time */
            updated_at: string;
        };
        FilteredValue: {
            runs: {
                error?: components["schemas"]["Fault"];
                plugin: string;
                run_id: string | null;
                /** @enum {string} */
                status: "succeeded" | "failed" | "skipped";
            }[];
            value: unknown;
        };
        /** @description Who may send to /hooks/<tenant>/<source> */
        HookSource: {
            /** @description Which pages of other origins may send; `null`: none */
            cors: unknown;
            /** Format: date-time */
            created_at: string;
            /** @description Whether the sender has to bring a `verify_token` when it asks first */
            has_verify_token: boolean;
            /** @description Where the sender puts the signature; `null`: where the preset says */
            header: string | null;
            last_received_at: string | null;
            /** @description Where to send: below the address of this Annex */
            path: string;
            /** @enum {string} */
            preset: "github" | "gitlab" | "meta" | "microsoft-graph" | "resend" | "shopify" | "slack" | "square" | "standard-webhooks" | "stripe" | "svix" | "trello" | "websub" | "sha256" | "hmac" | "token" | "bearer" | "basic" | "none";
            /** @description Paths into its events that must not be empty; an event that lacks one is kept, and given to nobody */
            require: string[];
            /** @description How the preset `hmac` signs */
            signature: unknown;
            source: string;
            tolerance_s: number;
            /** Format: date-time */
            updated_at: string;
            /** @description The address that the sender was given, where it is signed; `null`: the one that is called */
            url: string | null;
        };
        ImportedTenant: {
            files: number;
            /** @description Rows that came, by table */
            rows: {
                [key: string]: number;
            };
            tenant: components["schemas"]["Tenant"];
        };
        InputFault: {
            code: string;
            detail: string;
            /** @description JSON pointer into the input */
            pointer: string;
        };
        /** @description An installation of whatever tenant */
        InstallationAnywhere: {
            id: string;
            /** @description Executors that its code made the platform kill, lately */
            kills: number;
            name: string;
            slug: string;
            status: string;
            status_reason: string | null;
            tenant: {
                name: string;
                slug: string;
            };
            /** Format: date-time */
            updated_at: string;
            /** @description Of the active release */
            version: string | null;
        };
        /** @description Somebody who is asked into a tenant */
        Invitation: {
            accepted_at: string | null;
            /** Format: date-time */
            created_at: string;
            email: string;
            /** Format: date-time */
            expires_at: string;
            id: string;
            invited_by: components["schemas"]["Actor"];
            /**
             * @description How the latest mail went; `none`: none was sent
             * @enum {string}
             */
            mail: "sent" | "failed" | "none";
            revoked_at: string | null;
            role: components["schemas"]["Role"];
            sent_at: string | null;
            /** @enum {string} */
            status: "open" | "expired" | "accepted" | "revoked";
            /** Format: date-time */
            updated_at: string;
            /** @description Who it became */
            user_id: string | null;
        };
        Job: {
            /** @enum {string} */
            catch_up: "latest" | "none" | "all";
            /** @description Its ticks come up to this many seconds late, always by the same amount; the times here say when */
            jitter_s: number;
            last_run: components["schemas"]["LastRun"] | null;
            /** @description What the manifest says */
            manifest: {
                schedule: string | null;
                timezone: string;
            };
            misfire_deadline_s: number | null;
            name: string;
            /** @description `null`: the plugin is not enabled, the job is paused, or no tick is to come */
            next_run_at: string | null;
            /** @description The next ten ticks, were it not paused or disabled */
            next_runs: string[];
            /** @enum {string} */
            overlap: "skip" | "queue" | "allow" | "replace";
            /** @description An admin chose schedule or zone */
            overridden: boolean;
            /** @description Ticks that pass while it is paused or its plugin is disabled, 10,000 at most; `null`: none */
            passing: {
                /** Format: date-time */
                first: string;
                /** Format: date-time */
                last: string;
                /** @enum {string} */
                reason: "paused" | "plugin_disabled";
                ticks: number;
            } | null;
            paused: boolean;
            /** @description Cron text in force; `null`: runs only when asked */
            schedule: string | null;
            timeout_ms: number | null;
            timezone: string;
        };
        JobSummary: {
            last_run: components["schemas"]["LastRun"] | null;
            name: string;
            /** @description `null`: the plugin is not enabled, the job is paused, or no tick is to come */
            next_run_at: string | null;
            paused: boolean;
            /** @description Cron text in force; `null`: runs only when asked */
            schedule: string | null;
            timezone: string;
        };
        /** @description When a job runs within a span of time */
        JobTimes: {
            /** @description It has more ticks in the span than are listed */
            more: boolean;
            name: string;
            /** @description The plugin’s slug */
            plugin: string;
            /** @description Why its ticks pass by; `null`: they run */
            resting: ("paused" | "plugin_disabled") | null;
            schedule: string;
            /** @description The first 50 */
            ticks: string[];
            /** @description The zone that the schedule is read in */
            timezone: string;
        };
        KvEntry: {
            /** @description `null`: it stays */
            expires_at: string | null;
            key: string;
            /** @description Bytes of its value as JSON */
            size: number;
            /** Format: date-time */
            updated_at: string;
        };
        KvValue: {
            /** @description `null`: it stays */
            expires_at: string | null;
            key: string;
            /** @description Bytes of its value as JSON */
            size: number;
            /** Format: date-time */
            updated_at: string;
            value: unknown;
        };
        LastRun: {
            finished_at: string | null;
            id: string;
            /** Format: date-time */
            queued_at: string;
            started_at: string | null;
            status: components["schemas"]["RunStatus"];
        };
        /** @description A plugin of the catalogue */
        ListedPlugin: {
            description: string | null;
            /** @description The active release of the tenant’s plugin; `null`: it has none */
            installed: {
                /** @description The catalogue lists these very bytes */
                listed: boolean;
                /** @description A newer version; `null`: there is none */
                newer: string | null;
                sha256: string;
                version: string;
                /** @description What is installed was taken back */
                yanked: boolean;
            } | null;
            /** @description What an installation takes; `null`: all were taken back */
            latest: string | null;
            name: string;
            publisher: string;
            /** @description The newest first; lists show 20 of them */
            releases: {
                permissions: string[];
                /** @description As the catalogue names it; who vouches for it stands on the release once it is here */
                publisher: string;
                /** @description Of the archive, in hex */
                sha256: string;
                version: string;
                /** @description It was taken back, and cannot be installed any more */
                yanked: boolean;
                yanked_because: string | null;
            }[];
            slug: string;
        };
        Login: {
            /** @description Goes into `Authorization: Bearer …` */
            access_token: string;
            /** @description Seconds */
            expires_in: number;
            tenants: components["schemas"]["TenantPlace"][];
            /** @constant */
            token_type: "Bearer";
            user: {
                email: string;
                id: string;
                operator: boolean;
            };
        };
        LogLine: {
            fields: unknown;
            /** @description Its place in the stream: send it back as `Last-Event-ID` */
            id: string;
            /** @enum {string} */
            level: "debug" | "info" | "warn" | "error";
            message: string;
            plugin: string;
            run_id: string;
            /** Format: date-time */
            time: string;
        };
        Mail: {
            bcc: string[];
            cc: string[];
            /** Format: date-time */
            created_at: string;
            error: components["schemas"]["Fault"] | null;
            from: string;
            id: string;
            message_id: string;
            plugin: string;
            reply_to: string | null;
            run_id: string;
            /** @description Bytes */
            size: number;
            /**
             * @description `kept`: no mail server is configured, so all of it is here
             * @enum {string}
             */
            status: "sending" | "sent" | "kept" | "failed";
            subject: string;
            to: string[];
        };
        /** @description What events become */
        Mapping: {
            correlations: number;
            /** Format: date-time */
            created_at: string;
            /** @description As it was written */
            document: {
                [key: string]: unknown;
            };
            enabled_rules: number;
            name: string;
            /** @description The plugin whose package brought it; `null`: the tenant’s own */
            plugin: string | null;
            rules: number;
            /** Format: date-time */
            updated_at: string;
            /** @description One more with each change */
            version: number;
        };
        /** @description Who a token belongs to */
        Me: {
            /** @description The name that the audit trail has for it */
            actor: string;
            expires_at: string | null;
            tenants: components["schemas"]["TenantPlace"][];
            /** @description `null`: the token belongs to no person */
            user: {
                email: string | null;
                id: string;
                operator: boolean;
            } | null;
        };
        NewInvitation: {
            accepted_at: string | null;
            /** Format: date-time */
            created_at: string;
            email: string;
            /** Format: date-time */
            expires_at: string;
            id: string;
            invited_by: components["schemas"]["Actor"];
            /**
             * @description How the latest mail went; `none`: none was sent
             * @enum {string}
             */
            mail: "sent" | "failed" | "none";
            revoked_at: string | null;
            role: components["schemas"]["Role"];
            sent_at: string | null;
            /** @enum {string} */
            status: "open" | "expired" | "accepted" | "revoked";
            /** @description Only where no mail took it to its reader. Shown this once */
            token?: string;
            /** Format: date-time */
            updated_at: string;
            /** @description The link that a mail would have; only its path where ANNEX_PUBLIC_URL is not set. Shown this once */
            url?: string;
            /** @description Who it became */
            user_id: string | null;
        };
        NewToken: {
            /** Format: date-time */
            created_at: string;
            expires_at: string | null;
            id: string;
            last_used_at: string | null;
            name: string;
            /** @description Acts in every tenant, as the operator who made it */
            operator: boolean;
            role: components["schemas"]["Role"];
            /** @description Its text, `annex_…`. Shown this once */
            token?: string;
            user_id: string | null;
        };
        NewWebhook: {
            /** Format: date-time */
            created_at: string;
            description: string | null;
            events: string[];
            failing_since: string | null;
            /** @description Attempts in a row that the endpoint did not take */
            failures: number;
            /** @description Names of further header fields */
            headers: string[];
            id: string;
            last_delivery: {
                /** Format: date-time */
                at: string;
                error: string | null;
                id: string;
            } | null;
            name: string;
            /**
             * @description `package`: of a plugin. `api`: the tenant’s own
             * @enum {string}
             */
            origin: "package" | "api";
            plugin: string | null;
            /** @description Why it does not send; `null` while it does */
            reason: string | null;
            retry: {
                /** @enum {string} */
                backoff?: "exponential" | "fixed";
                initial_delay_s?: number;
                max_attempts?: number;
                max_delay_s?: number;
            };
            /** @description What deliveries are signed with. Shown this once */
            secret?: string;
            signed: boolean;
            /**
             * @description `inactive`: its plugin is not enabled. `blocked`: the plugin was not granted `emit_webhook`
             * @enum {string}
             */
            status: "enabled" | "disabled" | "inactive" | "blocked";
            /** Format: date-time */
            updated_at: string;
            /** @description As it was written, placeholders included; values of the query of the tenant’s own are hidden */
            url: string;
        };
        /** @description A change that people are told */
        Notice: {
            attempts: number;
            /** @enum {string} */
            channel: "mail" | "webhook" | "slack";
            /** Format: date-time */
            created_at: string;
            detail: {
                [key: string]: unknown;
            };
            /** @description Why the latest attempt was not taken */
            error: string | null;
            id: string;
            /** @enum {string} */
            kind: "plugin_failing" | "dead_letters" | "quota" | "missed_ticks" | "source_unhealthy" | "missing_secret";
            /**
             * @description `ok`: it is over
             * @enum {string}
             */
            level: "ok" | "warning" | "critical";
            /** @enum {string} */
            previous: "ok" | "warning" | "critical";
            rule: string;
            sent_at: string | null;
            /**
             * @description `failed`: given up, or its rule was deleted
             * @enum {string}
             */
            status: "waiting" | "sent" | "failed";
            /** @description A plugin’s slug, a quota, a source, `<plugin>/<job>` */
            subject: string;
            /** @description The tenant’s slug */
            tenant: string;
            text: string;
        };
        /** @description Who is told what, and where */
        NoticeRule: {
            /** @enum {string} */
            channel: "mail" | "webhook" | "slack";
            /** Format: date-time */
            created_at: string;
            enabled: boolean;
            /** @description Runs of a plugin that fail for good in a row before it is told of */
            failures: number;
            kinds: ("plugin_failing" | "dead_letters" | "quota" | "missed_ticks" | "source_unhealthy" | "missing_secret")[];
            /** @description `null`: the latest one was taken */
            last_error: {
                /** Format: date-time */
                at: string;
                message: string;
            } | null;
            last_sent_at: string | null;
            /** @description Messages within an hour; what finds no place waits for the next digest */
            max_per_hour: number;
            name: string;
            /** @description Addresses, of mail */
            to: string[];
            /** Format: date-time */
            updated_at: string;
            /** @description Where it goes, without what must not be seen; `null`: mail */
            url: string | null;
        };
        /** @description What became of a message that tries a rule */
        NoticeTest: {
            error: string | null;
            ok: boolean;
        };
        /** @description What whoever holds a token sees before accepting */
        OfferedInvitation: {
            email: string;
            /** Format: date-time */
            expires_at: string;
            /** @description A name or address; `null`: somebody who is gone */
            invited_by: string | null;
            role: components["schemas"]["Role"];
            tenant: {
                name: string;
                slug: string;
            };
        };
        /** @description How people sign in at an identity provider */
        OidcSetUp: {
            /** @description What the button says; `null`: people sign in with passwords only */
            button: string | null;
            /** @description Where people sign out at the provider too; `null`: it has no such page, or was not asked yet */
            sign_out_url: string | null;
        };
        /** @description A sign-in that has begun */
        OidcStart: {
            /** @description Where the browser goes */
            url: string;
        };
        PackageReport: {
            /** @description Of the script that the entry was bundled into; `null`: it could not be */
            bundle_bytes: number | null;
            errors: components["schemas"]["InputFault"][];
            files: {
                path: string;
                size: number;
            }[];
            /** @description As much as could be read */
            plugin: components["schemas"]["ReleaseContents"] | null;
            reach: {
                /** @description `false`: the code was not read, or could not be */
                complete: boolean;
                /** @description Where `ctx`, or this part of it, goes out of sight: there may be more than is listed */
                dynamic: {
                    file: string;
                    from?: string;
                    line: number;
                    within: string;
                }[];
                /** @description Hosts of URLs in the code, and whether the manifest’s `http.allow` opens them */
                hosts: {
                    allowed: boolean;
                    file: string;
                    host: string;
                    line: number;
                }[];
                /** @description Host calls in the code, and the permission that each needs */
                used: {
                    call: string;
                    file: string;
                    line: number;
                    permission: ("db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call") | null;
                }[];
            };
            sha256: string;
            valid: boolean;
            warnings: components["schemas"]["InputFault"][];
        };
        PasswordResetRequest: {
            /** @description So long a link would be good, if there is an account */
            valid_for_s: number;
        };
        PermissionsReport: {
            /** @description `false`: the code was not read, or could not be */
            complete: boolean;
            details: {
                detail: string;
                granted: {
                    hosts?: string[];
                    tables?: string[];
                } | null;
                last_used_at: string | null;
                /** @enum {string} */
                name: "db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call";
                pending: {
                    hosts?: string[];
                    tables?: string[];
                } | null;
                /** @description The author’s */
                reason: string | null;
                requested: {
                    hosts?: string[];
                    tables?: string[];
                } | null;
                risk: string;
                title: string;
                used: {
                    call: string;
                    file: string;
                    line: number;
                }[];
            }[];
            /** @description Where `ctx`, or this part of it, goes out of sight: there may be more than is listed */
            dynamic: {
                file: string;
                from?: string;
                line: number;
                within: string;
            }[];
            /** @description What an admin said yes to */
            granted: ("db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call")[];
            /** @description Hosts of URLs in the code, and whether the manifest’s `http.allow` opens them */
            hosts: {
                allowed: boolean;
                file: string;
                host: string;
                line: number;
            }[];
            /** @description The installation’s */
            id: string;
            /** @description When each permission that is asked for was last used, exact to a minute; `null`: never */
            last_used_at: {
                [key: string]: string | null;
            };
            /** @description What it asks for and was not granted, or not in full */
            pending: ("db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call")[];
            /** @description What the active release asks for */
            requested: ("db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call")[];
            /** @description State that it shares, or reads of plugins that it depends on; it takes no permission */
            shared: {
                /** @enum {string} */
                access: "read" | "write";
                name: string;
            }[];
            /** @description Host calls in the code, and the permission that each needs */
            used: {
                call: string;
                file: string;
                line: number;
                permission: ("db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call") | null;
            }[];
            /** @description Patterns of the tenant’s settings that it hears of; it takes no permission */
            watch: string[];
        };
        PlatformAuditEntry: {
            action: string;
            actor: string;
            /** Format: date-time */
            at: string;
            detail: {
                [key: string]: unknown;
            };
            email: string | null;
            id: string;
            request_id: string | null;
            /** @description The tenant’s id */
            target: string;
        };
        /** @description Settings of the process that answers, as they are in force */
        PlatformSettings: {
            items: {
                is_secret: boolean;
                /** @description `false`: it is the default */
                is_set: boolean;
                name: string;
                /** @description `null`: unset, and without a default. What is secret is masked */
                value: string | null;
            }[];
        };
        /** @description A plugin as it is installed */
        Plugin: {
            /** Format: date-time */
            created_at: string;
            degraded: components["schemas"]["Degraded"] | null;
            description: string | null;
            events: string[];
            id: string;
            jobs: components["schemas"]["JobSummary"][];
            /**
             * @description Lines of lower levels are not kept
             * @enum {string}
             */
            log_level: "debug" | "info" | "warn" | "error";
            /** @description Required secrets without a value; enabling needs them */
            missing_secrets: string[];
            name: string;
            permissions: {
                /** @description What an admin said yes to */
                granted: ("db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call")[];
                /** @description What it asks for and was not granted, or not in full */
                pending: ("db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call")[];
                /** @description What the active release asks for */
                requested: ("db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call")[];
            };
            /** @description Until when the host calls of its runs are kept; `null` or a time that has passed: they are not */
            recording_until: string | null;
            /** @description The id of the active release */
            release: string;
            routes: components["schemas"]["Route"][];
            slug: string;
            /** @enum {string} */
            status: "installed" | "starting" | "enabled" | "failed" | "disabled" | "suspended" | "uninstalling";
            /** @description Why the platform suspended or disabled it */
            status_reason: string | null;
            /** Format: date-time */
            updated_at: string;
            /** @description The release that takes over once its `onInit` has succeeded; `null`: none */
            upgrade: components["schemas"]["Upgrade"] | null;
            version: string;
        };
        /** @description The tenant’s settings for the plugin, by the schema of its manifest, defaults filled in */
        PluginConfig: {
            [key: string]: unknown;
        };
        PluginHealth: {
            degraded?: {
                failed_attempts: number;
                failed_runs: number;
                last_error: unknown;
                last_run_id: string;
                /** Format: date-time */
                since: string;
            };
            error?: {
                /** @description Stable; docs/errors.md lists these codes */
                code: string;
                fault: string;
                message: string;
            };
            reason?: string | null;
            result?: unknown;
            run_id?: string;
            /**
             * @description What its health handler says; of a plugin that is not enabled, its status
             * @enum {string}
             */
            status: "healthy" | "degraded" | "unhealthy" | "unknown" | "installed" | "starting" | "failed" | "disabled" | "suspended" | "uninstalling";
        };
        PluginHealthLine: {
            /** @description End of its last scheduled check; `null`: there was none */
            checked_at: string | null;
            id: string;
            reason: string | null;
            since: string | null;
            slug: string;
            /** @description `failed`: the platform stopped it. `unknown`: enabled, and nothing speaks for or against it */
            status: ("failed" | "unhealthy" | "degraded" | "unknown" | "healthy") | ("installed" | "starting" | "disabled" | "uninstalling");
        };
        PluginMetrics: {
            /** @description Counts by UTC day, newest first */
            days: {
                /** @description What plugin code counted with `ctx.analytics.track`: how often, and the sums of its numbers */
                analytics: {
                    [key: string]: {
                        count: number;
                        sums: {
                            [key: string]: number;
                        };
                    };
                };
                day: string;
                metrics: {
                    [key: string]: number;
                };
            }[];
            runs: {
                by_error: {
                    [key: string]: number;
                };
                by_kind: {
                    [key: string]: number;
                };
                by_status: {
                    [key: string]: number;
                };
                /** @description The span holds more runs than were counted */
                capped: boolean;
                total: number;
            };
            /** Format: date-time */
            since: string;
            wall_ms: {
                max: number;
                p50: number;
                p95: number;
                p99: number;
            } | null;
        };
        PluginsHealth: {
            /** @description The worst first, then in order of slug */
            items: components["schemas"]["PluginHealthLine"][];
            next_cursor: null;
            /**
             * @description The worst of the plugins that are enabled or that the platform stopped; `healthy` where there is none
             * @enum {string}
             */
            status: "failed" | "unhealthy" | "degraded" | "unknown" | "healthy";
        };
        PortalLink: {
            /**
             * Format: date-time
             * @description It must be opened before
             */
            expires_at: string;
            /** @description So long the portal stays open then */
            session_s: number;
            /** @description What an iframe opens; only its path where ANNEX_PUBLIC_URL is not set. Shown this once */
            url?: string;
        };
        PortalLook: {
            /** @description Of buttons and links; made darker where white on it could not be read */
            colour?: string;
            /**
             * Format: uri
             * @description A picture on one of ANNEX_PORTAL_ORIGINS; others are not loaded
             */
            logo_url?: string;
            /**
             * @description Default `auto`: as the reader’s system
             * @enum {string}
             */
            scheme?: "light" | "dark" | "auto";
            /** @description Stands above the screens */
            title?: string;
        };
        /** @description What a portal opens */
        PortalSession: {
            /** @description Kept in the memory of the page alone */
            access_token: string;
            /** @description What it may call: a method, or `*` for all, and the beginning of a path */
            calls: string[];
            /** Format: date-time */
            expires_at: string;
            /** @description Seconds */
            expires_in: number;
            look: components["schemas"]["PortalLook"] | null;
            role: components["schemas"]["Role"];
            screens: ("overview" | "plugins" | "jobs" | "runs" | "events" | "alerts" | "dead-letters" | "logs" | "sources" | "mappings" | "webhooks" | "data" | "files" | "usage" | "audit")[];
            tenant: {
                name: string;
                slug: string;
            };
        };
        /** @description RFC 9457 problem details */
        Problem: {
            /** @description Stable; docs/errors.md lists these codes */
            code: string;
            /** @description What happened, and what to do */
            detail: string;
            /** @description Every fault of the input. Their codes are not those of the problem: the end of docs/errors.md explains them */
            errors?: {
                code: string;
                detail: string;
                pointer: string;
            }[];
            request_id: string;
            status: number;
            title: string;
            type: string;
        } & {
            [key: string]: unknown;
        };
        /** @description A process of Annex, as it tells of itself every few seconds */
        Process: {
            /** @description `false`: it has told nothing for a while: it hangs, or was killed */
            alive: boolean;
            blank_ready: number;
            /** @description How far plugin code is confined there: docs/sandbox.md */
            confinement: {
                layers: {
                    [key: string]: boolean;
                };
                tier: string;
            };
            /** @description `null`: it takes no background runs */
            dispatch: {
                running: number;
                slots: number;
            } | null;
            /** @description Since the process began, by reason */
            executor_kills: {
                [key: string]: number;
            };
            executor_starts: number;
            executors: {
                age_s: number;
                isolates: number;
                lane: ("foreground" | "background") | null;
                pid: number;
                rss_bytes: number;
                /** @description Under way in it */
                runs: number;
                /** @description Slug; `null`: it is blank, or serves several */
                tenant: string | null;
            }[];
            host: string;
            id: string;
            pid: number;
            role: string;
            /** @description Its own memory, without that of its executors */
            rss_bytes: number;
            /**
             * Format: date-time
             * @description When it told of itself last
             */
            seen_at: string;
            source_connections: number;
            /** Format: date-time */
            started_at: string;
            version: string;
            /** @description Runs that wait for an executor */
            waiting: number;
        };
        /** @description Somebody’s own account, in all of their tenants */
        Profile: {
            email: string | null;
            /** @description When the sign-in ends */
            expires_at: string | null;
            /** @description `false`: signs in through the identity provider only */
            has_password: boolean;
            /** @description `null`: known to the identity provider only */
            id: string | null;
            name: string | null;
            operator: boolean;
            /** @enum {string} */
            signed_in_with: "password" | "identity_provider";
            tenants: components["schemas"]["TenantPlace"][];
        };
        /** @description Whose signatures count */
        Publishers: {
            /** @description Keys that were listed once, which count as revoked */
            former: string[];
            items: {
                key_id: string;
                publisher: string;
                /** @description Why it counts no more; `null`: it does count */
                revoked: string | null;
                signs: ("packages" | "catalogue")[];
                /** @description That it may sign, `*` at the end for all that begin so; `null`: all */
                slugs: string[] | null;
            }[];
            /** @description Why the list cannot be read; `null`: it was, or there is none */
            problem: components["schemas"]["Fault"] | null;
            /**
             * @description Which packages are let in: `ANNEX_PACKAGES`
             * @enum {string}
             */
            rule: "any" | "signed" | "catalogue";
        };
        /** @description Code that nobody may run */
        Quarantine: {
            /** Format: date-time */
            created_at: string;
            created_by: string;
            id: string;
            reason: string;
            /** @description The archive, in hex; `null`: every release of a slug */
            sha256: string | null;
            /** @description Every release of it; `null`: one archive alone */
            slug: string | null;
        };
        /** @description What an agent was asked, and what it answered */
        Question: {
            agent: string;
            agent_id: string;
            /** @description What the agent said, secrets masked; only with the question itself */
            answer?: unknown;
            answered_at: string | null;
            /** @description `null`: nobody has to say yes, or it has not come so far */
            approval: {
                at: string | null;
                by: string | null;
                expires_at: string | null;
                reason: string | null;
                /** @enum {string} */
                status: "pending" | "approved" | "rejected" | "expired";
            } | null;
            asked_at: string | null;
            /** @description Only with the question itself, not in lists */
            attempts?: components["schemas"]["DeliveryAttempt"][];
            /** Format: date-time */
            created_at: string;
            error: components["schemas"]["Fault"] | null;
            event_id: string | null;
            event_type: string | null;
            finished_at: string | null;
            /** @description Of the delivery that asks it, and of the message that the agent gets */
            id: string;
            /** Format: date-time */
            next_attempt_at?: string;
            plugin: string | null;
            /** @description How often it was asked how far it is */
            polls: number;
            /** @description What is asked; only with the question itself */
            prompt?: string | null;
            run_id: string;
            /** @description How far the agent is, in its own words, such as `working` */
            state: string | null;
            status: components["schemas"]["RunStatus"];
            /** @description The agent’s name for it */
            task_id: string | null;
            /** @description `approval`: an admin who says yes. `agent`: the agent, which works on it. The others as of a run */
            waiting_for?: string;
        };
        /** @description Background work of all tenants */
        Queue: {
            due: number;
            running: number;
            /** @description Background runs that they take at once */
            slots: number;
            /** @description Tenants with background work, those with most due runs first, at most 100 */
            tenants: {
                /** @description Runs that it may always have at once */
                background_concurrency: number;
                /** @description Runs whose time has not come: retries, and starts that were put off */
                delayed: number;
                /** @description Runs that could start */
                due: number;
                name: string;
                oldest_due_s: number;
                /** @description Runs that wait for something else: `overlap` (an earlier run), `plugin` (not enabled), `endpoint` */
                parked: {
                    [key: string]: number;
                };
                running: number;
                slug: string;
                weight: number;
                /** @description Why its due runs are not under way; `null`: none is due */
                why: ("suspended" | "deleted" | "its_share" | "no_place" | "no_worker" | "next") | null;
            }[];
            /** @description That are alive */
            workers: number;
        };
        Readiness: {
            /** @description `ok`, or why a part does not work */
            checks: {
                [key: string]: string;
            };
            clock?: {
                /** @description How far the database’s clock is ahead of this host’s; null while it does not answer */
                database_offset_s: number | null;
            };
            /** @description How far plugin code is confined here: docs/sandbox.md */
            sandbox?: {
                layers: {
                    [key: string]: boolean;
                };
                tier: string;
            };
            /** @enum {string} */
            status: "ready" | "unavailable";
            /** @description What should be put right and keeps no traffic away; left out: nothing */
            warnings?: {
                [key: string]: string;
            };
        };
        /** @description A call of `ctx` by a run whose plugin was recorded */
        RecordedCall: {
            /** @description Not there for a call that failed, or whose answer is left out */
            answer?: unknown;
            /** @description As they left the sandbox, secrets masked; `null`: they are left out */
            args: unknown[] | null;
            /** @description Milliseconds from the beginning of the attempt */
            at_ms: number;
            error?: components["schemas"]["Fault"];
            /** @description As docs/host-api.md names it, such as `kv.get` */
            method: string;
            /** @description Its place in the order in which the code made them, from 1 */
            number: number;
            /** @description Why arguments or answer are left out */
            omitted?: string;
            /** @description Milliseconds until the answer; `null`: the run ended before */
            took_ms: number | null;
        };
        RecordedCalls: {
            /** @description Whose calls these are; `null`: the run was not recorded */
            attempt: number | null;
            /** @description Attempts that were recorded, the latest first */
            attempts: number[];
            items: components["schemas"]["RecordedCall"][];
            /** @description Calls after these that had no room */
            left_out: number;
            next_cursor: null;
            run_id: string;
            started_at: string | null;
        };
        /** @description One upload of a plugin; it never changes */
        Release: {
            active: boolean;
            /** Format: date-time */
            created_at: string;
            created_by: string | null;
            id: string;
            /** @description Of the archive, in hex */
            sha256: string;
            /** @description Who vouches for these bytes; `null`: nobody */
            signed_by: {
                /**
                 * @description What was signed: the package, or the catalogue that lists it
                 * @enum {string}
                 */
                by: "package" | "catalogue";
                key_id: string;
                publisher: string;
            } | null;
            version: string;
            /** @description In lists: who that is; `null`: nobody, or nobody knows. Names are for members and above */
            who?: components["schemas"]["Actor"] | null;
        };
        /** @description What a release brings */
        ReleaseContents: {
            agents: {
                /** @description An admin says yes to each question first */
                approval: boolean;
                name: string;
                on: string[];
                /** @enum {string} */
                protocol: "a2a" | "llm";
            }[];
            dependencies: {
                [key: string]: string;
            };
            entry: string;
            events: string[];
            filters: string[];
            jobs: {
                name: string;
                schedule: string | null;
                timezone: string;
            }[];
            mappings: {
                /** @description It keeps back what it does not know of its sources */
                drops: boolean;
                /** @description Types of events that it makes */
                makes: string[];
                name: string;
                rules: number;
            }[];
            name: string;
            permissions: {
                hosts?: string[];
                /** @enum {string} */
                name: "db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call";
                reason?: string;
                tables?: string[];
            }[];
            routes: components["schemas"]["Route"][];
            secrets: {
                description: string | null;
                name: string;
                required: boolean;
            }[];
            slug: string;
            version: string;
            webhooks: {
                name: string;
                on: string[];
            }[];
        };
        ReleaseDetail: {
            active: boolean;
            /** @description JSON Schema of the settings; `null`: it has none */
            config_schema: {
                [key: string]: unknown;
            } | null;
            contents: components["schemas"]["ReleaseContents"];
            /** Format: date-time */
            created_at: string;
            created_by: string | null;
            /** @description In order of path */
            files: {
                path: string;
                /** @description Of its bytes, in hex */
                sha256: string;
                size: number;
            }[];
            id: string;
            /** @description What `plugin.json` says, as its author wrote it */
            manifest: {
                [key: string]: unknown;
            };
            /** @description Of the archive, in hex */
            sha256: string;
            /** @description Who vouches for these bytes; `null`: nobody */
            signed_by: {
                /**
                 * @description What was signed: the package, or the catalogue that lists it
                 * @enum {string}
                 */
                by: "package" | "catalogue";
                key_id: string;
                publisher: string;
            } | null;
            version: string;
            /** @description In lists: who that is; `null`: nobody, or nobody knows. Names are for members and above */
            who?: components["schemas"]["Actor"] | null;
        };
        /** @description What is different between two releases */
        ReleaseDiff: {
            agents: {
                added: {
                    /** @description An admin says yes to each question first */
                    approval: boolean;
                    name: string;
                    on: string[];
                    /** @enum {string} */
                    protocol: "a2a" | "llm";
                }[];
                changed: {
                    after: {
                        /** @description An admin says yes to each question first */
                        approval: boolean;
                        name: string;
                        on: string[];
                        /** @enum {string} */
                        protocol: "a2a" | "llm";
                    };
                    before: {
                        /** @description An admin says yes to each question first */
                        approval: boolean;
                        name: string;
                        on: string[];
                        /** @enum {string} */
                        protocol: "a2a" | "llm";
                    };
                }[];
                removed: {
                    /** @description An admin says yes to each question first */
                    approval: boolean;
                    name: string;
                    on: string[];
                    /** @enum {string} */
                    protocol: "a2a" | "llm";
                }[];
            };
            config_schema_changed: boolean;
            dependencies: {
                added: {
                    range: string;
                    slug: string;
                }[];
                changed: {
                    after: {
                        range: string;
                        slug: string;
                    };
                    before: {
                        range: string;
                        slug: string;
                    };
                }[];
                removed: {
                    range: string;
                    slug: string;
                }[];
            };
            /**
             * @description By precedence of versions (semver.org §11); builds of one version are the `same`
             * @enum {string}
             */
            direction: "upgrade" | "downgrade" | "same";
            events: {
                added: string[];
                changed: {
                    after: string;
                    before: string;
                }[];
                removed: string[];
            };
            files: {
                added: {
                    path: string;
                    /** @description Of its bytes, in hex */
                    sha256: string;
                    size: number;
                }[];
                changed: {
                    after: {
                        path: string;
                        /** @description Of its bytes, in hex */
                        sha256: string;
                        size: number;
                    };
                    before: {
                        path: string;
                        /** @description Of its bytes, in hex */
                        sha256: string;
                        size: number;
                    };
                }[];
                removed: {
                    path: string;
                    /** @description Of its bytes, in hex */
                    sha256: string;
                    size: number;
                }[];
            };
            filters: {
                added: string[];
                changed: {
                    after: string;
                    before: string;
                }[];
                removed: string[];
            };
            from: components["schemas"]["Release"];
            jobs: {
                added: {
                    name: string;
                    schedule: string | null;
                    timezone: string;
                }[];
                changed: {
                    after: {
                        name: string;
                        schedule: string | null;
                        timezone: string;
                    };
                    before: {
                        name: string;
                        schedule: string | null;
                        timezone: string;
                    };
                }[];
                removed: {
                    name: string;
                    schedule: string | null;
                    timezone: string;
                }[];
            };
            mappings: {
                added: {
                    /** @description It keeps back what it does not know of its sources */
                    drops: boolean;
                    /** @description Types of events that it makes */
                    makes: string[];
                    name: string;
                    rules: number;
                }[];
                changed: {
                    after: {
                        /** @description It keeps back what it does not know of its sources */
                        drops: boolean;
                        /** @description Types of events that it makes */
                        makes: string[];
                        name: string;
                        rules: number;
                    };
                    before: {
                        /** @description It keeps back what it does not know of its sources */
                        drops: boolean;
                        /** @description Types of events that it makes */
                        makes: string[];
                        name: string;
                        rules: number;
                    };
                }[];
                removed: {
                    /** @description It keeps back what it does not know of its sources */
                    drops: boolean;
                    /** @description Types of events that it makes */
                    makes: string[];
                    name: string;
                    rules: number;
                }[];
            };
            permissions: {
                added: {
                    hosts?: string[];
                    /** @enum {string} */
                    name: "db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call";
                    reason?: string;
                    tables?: string[];
                }[];
                changed: {
                    after: {
                        hosts?: string[];
                        /** @enum {string} */
                        name: "db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call";
                        reason?: string;
                        tables?: string[];
                    };
                    before: {
                        hosts?: string[];
                        /** @enum {string} */
                        name: "db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call";
                        reason?: string;
                        tables?: string[];
                    };
                }[];
                removed: {
                    hosts?: string[];
                    /** @enum {string} */
                    name: "db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call";
                    reason?: string;
                    tables?: string[];
                }[];
            };
            routes: {
                added: components["schemas"]["Route"][];
                changed: {
                    after: components["schemas"]["Route"];
                    before: components["schemas"]["Route"];
                }[];
                removed: components["schemas"]["Route"][];
            };
            secrets: {
                added: {
                    description: string | null;
                    name: string;
                    required: boolean;
                }[];
                changed: {
                    after: {
                        description: string | null;
                        name: string;
                        required: boolean;
                    };
                    before: {
                        description: string | null;
                        name: string;
                        required: boolean;
                    };
                }[];
                removed: {
                    description: string | null;
                    name: string;
                    required: boolean;
                }[];
            };
            to: components["schemas"]["Release"];
            webhooks: {
                added: {
                    name: string;
                    on: string[];
                }[];
                changed: {
                    after: {
                        name: string;
                        on: string[];
                    };
                    before: {
                        name: string;
                        on: string[];
                    };
                }[];
                removed: {
                    name: string;
                    on: string[];
                }[];
            };
        };
        ReplayedDeadLetters: {
            remaining: number;
            /** @description GET /api/dead-letters/replays/:id follows it */
            replay_id: string;
            replayed: number;
            runs: {
                replay_of: string;
                run_id: string;
            }[];
            /** @enum {string} */
            status: "running" | "done" | "cancelled";
            total: number;
        };
        ReplayedDelivery: {
            delivery_id: string;
            id: string;
            run_id: string;
            status: components["schemas"]["RunStatus"];
        };
        ReplayedEvent: {
            deliveries: {
                plugin: string | null;
                run_id: string;
                /** @constant */
                status: "queued";
            }[];
            event_id: string;
        };
        ResetPassword: {
            /** @description API tokens that ended with it */
            tokens_ended: number;
            /** @description Whose password changed: one in each tenant that the link was for */
            users: string[];
        };
        /** @enum {string} */
        Role: "viewer" | "member" | "developer" | "admin" | "owner";
        RotatedWebhook: {
            /** Format: date-time */
            created_at: string;
            description: string | null;
            events: string[];
            failing_since: string | null;
            /** @description Attempts in a row that the endpoint did not take */
            failures: number;
            /** @description Names of further header fields */
            headers: string[];
            id: string;
            last_delivery: {
                /** Format: date-time */
                at: string;
                error: string | null;
                id: string;
            } | null;
            name: string;
            /**
             * @description `package`: of a plugin. `api`: the tenant’s own
             * @enum {string}
             */
            origin: "package" | "api";
            plugin: string | null;
            /**
             * Format: date-time
             * @description The one before signs beside it so long
             */
            previous_secret_until: string;
            /** @description Why it does not send; `null` while it does */
            reason: string | null;
            retry: {
                /** @enum {string} */
                backoff?: "exponential" | "fixed";
                initial_delay_s?: number;
                max_attempts?: number;
                max_delay_s?: number;
            };
            /** @description What deliveries are signed with. Shown this once */
            secret?: string;
            signed: boolean;
            /**
             * @description `inactive`: its plugin is not enabled. `blocked`: the plugin was not granted `emit_webhook`
             * @enum {string}
             */
            status: "enabled" | "disabled" | "inactive" | "blocked";
            /** Format: date-time */
            updated_at: string;
            /** @description As it was written, placeholders included; values of the query of the tenant’s own are hidden */
            url: string;
        };
        /** @description A route that a plugin registers below /ext/<slug> */
        Route: {
            /** @description `member`, `public`, or an object that says how senders prove who they are */
            auth: unknown;
            methods: string[];
            path: string;
            roles: string[] | null;
        };
        /** @description A row: the fields that were inserted, and `id`, `created_at`, `updated_at` */
        Row: {
            [key: string]: unknown;
        };
        /** @description One request to execute a handler */
        Run: {
            attempts: components["schemas"]["Attempt"][];
            /**
             * Format: date-time
             * @description When somebody discarded it as a dead letter
             */
            discarded_at?: string;
            error: components["schemas"]["Fault"] | null;
            event_id?: string;
            finished_at: string | null;
            id: string;
            /** @enum {string} */
            kind: "route" | "event" | "job" | "webhook" | "filter" | "lifecycle" | "source";
            /** @description What was used of each limit: `wall_ms`, `cpu_ms`, `memory_mb`, … */
            limits: {
                [key: string]: {
                    max: number;
                    used: number;
                };
            };
            /** @description The handler: a job’s name, an event’s, a route’s */
            name: string;
            /**
             * Format: date-time
             * @description When it starts at the earliest
             */
            next_attempt_at?: string;
            /** @description Its slug; `null`: it sends one of the tenant’s own webhooks */
            plugin: string | null;
            /** Format: date-time */
            queued_at: string;
            /** @description Version of the release that ran last; `null`: none has yet */
            release: string | null;
            /** @description The run that this one repeats */
            replay_of?: string;
            result: unknown;
            /** @description In lists: the result has this many bytes and is shown with the run itself */
            result_omitted_bytes?: number;
            /** Format: date-time */
            scheduled_for?: string;
            /** @description Of a tick that did not run and tells of those after it too: how many, and when */
            skipped?: {
                /** Format: date-time */
                first: string;
                /** Format: date-time */
                last: string;
                ticks: number;
            };
            started_at: string | null;
            status: components["schemas"]["RunStatus"];
            trigger: components["schemas"]["Trigger"];
            /**
             * @description What it waits for. `slot`: a worker that is free. `tenant_limit`: one of its tenant’s own runs to end. `retry`: the time of its next attempt. `time`: the time it was made for. `overlap`: an earlier run of its job. `plugin_disabled`: somebody who enables its plugin. `endpoint`: earlier deliveries to the same endpoint. `agent`: an agent that works on it. `approval`: somebody who says yes. `quota`: the end of a day whose quota is used up
             * @enum {string}
             */
            waiting_for?: "slot" | "tenant_limit" | "retry" | "time" | "overlap" | "plugin_disabled" | "endpoint" | "agent" | "approval" | "quota";
        };
        /** @description An act on many runs, and how far it has come */
        RunBatch: {
            /** @enum {string} */
            action: "cancel" | "replay" | "discard";
            actor: string;
            /** Format: date-time */
            created_at: string;
            done: number;
            filter: {
                [key: string]: string | string[];
            };
            finished_at: string | null;
            id: string;
            /** @description Could not be changed any more: gone, or somebody else was faster */
            missed: number;
            remaining: number;
            /** @enum {string} */
            status: "running" | "done" | "stopped";
            /** @description Runs that it meant when it was asked for */
            total: number;
            /** @description `queue_full`: it goes on as soon as there is room */
            waiting_for?: string;
        };
        /** @description How many runs an act would change */
        RunBatchExtent: {
            /** @description There are more than one act may change: these are the oldest */
            more: boolean;
            total: number;
        };
        /** @description One run with its log, and what it came of and led to */
        RunDetail: {
            attempts: components["schemas"]["Attempt"][];
            /** @description The run that emitted its event, or whose code asked for it */
            cause: components["schemas"]["RunMention"] | null;
            /** @description Runs that its code brought about, oldest first, at most 100 */
            children: components["schemas"]["RunMention"][];
            /**
             * Format: date-time
             * @description When somebody discarded it as a dead letter
             */
            discarded_at?: string;
            /** @description Events that its code emitted, oldest first, at most 100 */
            emitted: {
                id: string;
                type: string;
            }[];
            error: components["schemas"]["Fault"] | null;
            event_id?: string;
            finished_at: string | null;
            id: string;
            /** @enum {string} */
            kind: "route" | "event" | "job" | "webhook" | "filter" | "lifecycle" | "source";
            /** @description What was used of each limit: `wall_ms`, `cpu_ms`, `memory_mb`, … */
            limits: {
                [key: string]: {
                    max: number;
                    used: number;
                };
            };
            /** @description The first thousand lines */
            logs: components["schemas"]["LogLine"][];
            /** @description The handler: a job’s name, an event’s, a route’s */
            name: string;
            /**
             * Format: date-time
             * @description When it starts at the earliest
             */
            next_attempt_at?: string;
            /** @description What its handler was given. Of an event its `data`, unless another was given */
            payload: unknown;
            /** @description Its slug; `null`: it sends one of the tenant’s own webhooks */
            plugin: string | null;
            /** Format: date-time */
            queued_at: string;
            /** @description Version of the release that ran last; `null`: none has yet */
            release: string | null;
            /** @description The run that this one repeats */
            replay_of?: string;
            /** @description Runs that repeat it, oldest first, at most 100 */
            replays: components["schemas"]["RunMention"][];
            result: unknown;
            /** @description In lists: the result has this many bytes and is shown with the run itself */
            result_omitted_bytes?: number;
            /** Format: date-time */
            scheduled_for?: string;
            /** @description Of a tick that did not run and tells of those after it too: how many, and when */
            skipped?: {
                /** Format: date-time */
                first: string;
                /** Format: date-time */
                last: string;
                ticks: number;
            };
            started_at: string | null;
            status: components["schemas"]["RunStatus"];
            trigger: components["schemas"]["Trigger"];
            /**
             * @description What it waits for. `slot`: a worker that is free. `tenant_limit`: one of its tenant’s own runs to end. `retry`: the time of its next attempt. `time`: the time it was made for. `overlap`: an earlier run of its job. `plugin_disabled`: somebody who enables its plugin. `endpoint`: earlier deliveries to the same endpoint. `agent`: an agent that works on it. `approval`: somebody who says yes. `quota`: the end of a day whose quota is used up
             * @enum {string}
             */
            waiting_for?: "slot" | "tenant_limit" | "retry" | "time" | "overlap" | "plugin_disabled" | "endpoint" | "agent" | "approval" | "quota";
        };
        /** @description A run as others name it */
        RunMention: {
            id: string;
            /** @enum {string} */
            kind: "route" | "event" | "job" | "webhook" | "filter" | "lifecycle" | "source";
            name: string;
            plugin: string | null;
            status: components["schemas"]["RunStatus"];
        };
        /** @enum {string} */
        RunStatus: "queued" | "running" | "retrying" | "succeeded" | "failed" | "cancelled" | "skipped";
        /** @description Filters of a list under a name, for everybody of the tenant */
        SavedView: {
            /** @description As they stand in the console’s address */
            filters: {
                [key: string]: string;
            };
            /** @enum {string} */
            list: "runs" | "events" | "logs" | "deliveries";
            name: string;
            /** Format: date-time */
            saved_at: string;
            /** @description Who saved it last */
            saved_by: string;
        };
        /** @description What a schedule would mean for a job */
        SchedulePreview: {
            /** @description The next ten ticks */
            next_runs: string[];
            /** @description It is not what the manifest says: upgrades leave it alone */
            overridden: boolean;
            schedule: string | null;
            timezone: string;
        };
        /** @description A secret, without its value */
        Secret: {
            allowed_hosts: string[];
            /** Format: date-time */
            created_at: string;
            name: string;
            /** Format: date-time */
            updated_at: string;
            updated_by: string | null;
            /** @description Counts up with each new value */
            version: number;
            /** @description In lists: who that is; `null`: nobody, or nobody knows. Names are for members and above */
            who?: components["schemas"]["Actor"] | null;
        };
        /** @description A sign-in with a password */
        Session: {
            /** @description The client’s network address as it signed in */
            address: string;
            /** Format: date-time */
            created_at: string;
            /** @description Whether the request came with it */
            current: boolean;
            /** Format: date-time */
            expires_at: string;
            id: string;
            user_agent: string | null;
        };
        SetMapping: {
            correlations: number;
            /** Format: date-time */
            created_at: string;
            /** @description As it was written */
            document: {
                [key: string]: unknown;
            };
            enabled_rules: number;
            name: string;
            /** @description The plugin whose package brought it; `null`: the tenant’s own */
            plugin: string | null;
            rules: number;
            /** Format: date-time */
            updated_at: string;
            /** @description One more with each change */
            version: number;
            /** @description What was read in another way than it was written */
            warnings: components["schemas"]["InputFault"][];
        };
        /** @description A rule as it was set */
        SetNoticeRule: {
            /** @enum {string} */
            channel: "mail" | "webhook" | "slack";
            /** Format: date-time */
            created_at: string;
            enabled: boolean;
            /** @description Runs of a plugin that fail for good in a row before it is told of */
            failures: number;
            kinds: ("plugin_failing" | "dead_letters" | "quota" | "missed_ticks" | "source_unhealthy" | "missing_secret")[];
            /** @description `null`: the latest one was taken */
            last_error: {
                /** Format: date-time */
                at: string;
                message: string;
            } | null;
            last_sent_at: string | null;
            /** @description Messages within an hour; what finds no place waits for the next digest */
            max_per_hour: number;
            name: string;
            /** @description What webhooks are signed with, once: when it was made here */
            secret?: string;
            /** @description Addresses, of mail */
            to: string[];
            /** Format: date-time */
            updated_at: string;
            /** @description Where it goes, without what must not be seen; `null`: mail */
            url: string | null;
        };
        /** @description A quarantine as it was set */
        SetQuarantine: {
            /** Format: date-time */
            created_at: string;
            created_by: string;
            id: string;
            reason: string;
            /** @description The archive, in hex; `null`: every release of a slug */
            sha256: string | null;
            /** @description Every release of it; `null`: one archive alone */
            slug: string | null;
            /** @description Installations that were on and are stopped */
            stopped: number;
        };
        /** @description A key of the tenant’s tree of settings */
        Setting: {
            /** Format: date-time */
            created_at: string;
            key: string;
            /** @description Of the change that made it so; it counts over the whole tree */
            revision: number;
            /** Format: date-time */
            updated_at: string;
            updated_by: string | null;
            value: unknown;
            /** @description In lists: who that is; `null`: nobody, or nobody knows. Names are for members and above */
            who?: components["schemas"]["Actor"] | null;
        };
        /** @description A change of the tenant’s tree of settings */
        SettingChange: {
            changed_by: string | null;
            key: string;
            /** @enum {string} */
            op: "put" | "delete";
            /** @description What was there before; `null`: nothing */
            previous: unknown;
            revision: number;
            /** Format: date-time */
            time: string;
            /** @description `null` after `delete` */
            value: unknown;
        };
        SettingList: {
            items: components["schemas"]["Setting"][];
            /** @description Of the next page; `null`: this is the last */
            next_cursor: string | null;
            /** @description What the tree is at; a stream with `since` begins behind it */
            revision: number;
        };
        /** @description How far a plugin has heard of the tenant’s settings */
        SettingWatch: {
            /** @description `false`: the plugin is off, and hears of nothing */
            active: boolean;
            /** @description What the tree is at */
            head: number;
            patterns: string[];
            /** @description What is being told now */
            pending: {
                key: string;
                revision: number;
            } | null;
            /** @description Changes that the handler threw at, until it takes a later one of the key */
            refused: {
                /** Format: date-time */
                at: string;
                code: string;
                key: string;
                message: string;
                revision: number;
            }[];
            /** @description All up to here was told */
            revision: number;
            /** @description Every key was told since it was enabled */
            synced: boolean;
        };
        /** @description Where events come from */
        Source: {
            /** @description How senders prove who they are; `null`: nobody sends */
            auth: {
                /** @enum {string} */
                kind: "public" | "hmac" | "token";
                /** @description The form of the proof, such as `github` or `bearer` */
                scheme: string | null;
                /** @description Names the secret; nobody is told what it holds */
                secret: string | null;
            } | null;
            /** @description `null`: nobody counts, of webhooks */
            counts: {
                duplicates: number;
                events: number;
                rejected: number;
            } | null;
            /** Format: date-time */
            created_at: string;
            /** @description Where it goes on; `null`: at the beginning */
            cursor: unknown;
            enabled: boolean;
            /** @description Patterns of the events that it may emit */
            events: string[];
            /** @description Seconds since something was taken last, be it nothing */
            lag_s: number | null;
            last_error: {
                at: string | null;
                /** @description Stable; docs/errors.md lists these codes */
                code: string;
                message: string;
                run_id: string | null;
            } | null;
            last_event_at: string | null;
            last_run: {
                id: string;
                status: components["schemas"]["RunStatus"];
            } | null;
            /** @description A package’s is called `<slug>.<name>` */
            name: string;
            /** @description When it polls next, or opens its connection again */
            next_at: string | null;
            /** @description The worker that holds its connection */
            owner: string | null;
            /** @description Where others send: below the address of this Annex */
            path: string | null;
            /** @description The slug of its package; `null`: the tenant’s own */
            plugin: string | null;
            /** @description Why it does not run; `null` while it does */
            reason: string | null;
            /** @description Paths into its events that must not be empty; an event that lacks one is kept, and given to nobody */
            require: string[];
            /** @description Times that its connection broke within the last hour */
            restarts: number;
            schedule: string | null;
            /**
             * @description `starting`: nothing was taken yet. `backoff`: it failed, and is tried again. `failed`: restart it
             * @enum {string}
             */
            state: "starting" | "running" | "backoff" | "failed" | "paused";
            timezone: string | null;
            /**
             * @description `webhook`: set at /api/hooks
             * @enum {string}
             */
            type: "poll" | "receive" | "alertmanager" | "postgres" | "mqtt" | "kubernetes" | "kafka" | "webhook";
            /** Format: date-time */
            updated_at: string;
            /** @description What its connection needs, as it was written */
            with: {
                [key: string]: unknown;
            };
        };
        /** @description What a source would give now: nothing was emitted */
        SourceTest: {
            cursor: unknown;
            error: components["schemas"]["Fault"] | null;
            event_count: number;
            /** @description The first ones */
            events: {
                data: unknown;
                id: string | null;
                /** @description Required paths at which it has nothing */
                missing: string[];
                subject: string | null;
                type: string;
            }[];
            more: boolean;
            ok: boolean;
            run_id: string | null;
        };
        SpendLine: {
            cpu_ms: number;
            /** @description Bodies of `ctx.http`, sent and received */
            egress_bytes: number;
            failed_runs: number;
            host_calls: number;
            http_calls: number;
            llm_tokens: number;
            mails: number;
            /** @description `null`: of the tenant as a whole */
            plugin: string | null;
            runs: number;
            /** @description The sum of what was kept at the end of each day */
            storage_byte_days: number;
            /** @description The slug that it had last */
            tenant: string;
            tenant_id: string;
            wall_ms: number;
        };
        /** @description What was used in a period, as bills are made from it */
        SpendReport: {
            /** @description The last closed UTC day; later days of the period count nothing so far */
            closed_until: string | null;
            /** @description Every day is closed: the same period gives the same figures from now on */
            complete: boolean;
            items: components["schemas"]["SpendLine"][];
            next_cursor: string | null;
            since: string;
            until: string;
        };
        StartedRun: {
            run_id: string;
            status: components["schemas"]["RunStatus"];
        };
        /** @description A time series for a chart */
        Stats: {
            bucket_s: number;
            /** @description `null`: the series are percentiles */
            by: ("status" | "kind" | "plugin" | "error") | null;
            /**
             * Format: date-time
             * @description Buckets from here on hold everything; earlier ones less
             */
            complete_since: string;
            /** @enum {string} */
            metric: "runs" | "wall_ms";
            /** @description In order of key, a value for each bucket; of `plugin` the key is empty for the tenant’s own webhooks, of `error` for runs without one */
            series: {
                key: string;
                values: (number | null)[];
            }[];
            /** Format: date-time */
            since: string;
            /** @description When each bucket begins */
            times: string[];
            /** Format: date-time */
            until: string;
        };
        StreamToken: {
            /**
             * Format: date-time
             * @description A stream must be opened before; one that is open goes on
             */
            expires_at: string;
            /** @description Goes into `?stream_token=` of a stream. Shown this once */
            token?: string;
        };
        /** @description An operator in a tenant for support */
        SupportEntry: {
            /** Format: date-time */
            expires_at: string;
            /** @description Of the API token: whoever leaves early deletes it */
            id: string;
            role: components["schemas"]["Role"];
            /** @description Opens this tenant alone. Shown this once */
            token?: string;
        };
        Table: {
            /** @description When its first row was inserted; `null`: it was always there */
            created_at: string | null;
            /**
             * @description Made by the tenant, the platform’s, or the operator’s
             * @enum {string}
             */
            kind: "table" | "system" | "view";
            name: string;
            read_only: boolean;
        };
        TableList: {
            items: components["schemas"]["Table"][];
            limits: {
                bytes: number;
                rows: number;
                tables: number;
            };
            next_cursor: null;
            usage: {
                bytes: number;
                rows: number;
                tables: number;
            };
        };
        Tenant: {
            /** @description Background runs that it may always have at once */
            background_concurrency: number;
            /** Format: date-time */
            created_at: string;
            /** @description It was deleted: by whom, and from when on its data goes; `null`: it lives */
            deletion: {
                by: string;
                /** Format: date-time */
                erases_at: string;
                /** Format: date-time */
                requested_at: string;
            } | null;
            id: string;
            name: string;
            /** @description Limits of this tenant alone; GET /api/usage shows all that hold */
            quotas: {
                [key: string]: number;
            };
            slug: string;
            /** @description An operator keeps it at a standstill; `null`: it goes on */
            suspension: {
                by: string;
                reason: string;
                /**
                 * @description `everything`: its people cannot enter either; `background`: only that nothing is started in the background
                 * @enum {string}
                 */
                scope: "everything" | "background";
                /** Format: date-time */
                since: string;
            } | null;
            /** @description IANA zone in which its people read times; schedules name their own */
            timezone: string;
            /** Format: date-time */
            updated_at: string;
            /** @description Turns of background work where a tenant of weight 1 gets one */
            weight: number;
        };
        /** @description A job in the list of all the tenant’s jobs */
        TenantJob: {
            last_run: components["schemas"]["LastRun"] | null;
            name: string;
            /** @description `null`: the plugin is not enabled, the job is paused, or no tick is to come */
            next_run_at: string | null;
            paused: boolean;
            /** @description The plugin’s slug */
            plugin: string;
            /** @description Cron text in force; `null`: runs only when asked */
            schedule: string | null;
            timezone: string;
        };
        /** @description A tenant that somebody belongs to, and as what */
        TenantPlace: {
            /**
             * Format: date-time
             * @description It was deleted, and its data goes from then on
             */
            erases_at?: string;
            id: string;
            name: string;
            role: components["schemas"]["Role"];
            slug: string;
            /** @description Why its people cannot enter it: it is suspended */
            suspended?: string;
        };
        TestedEvent: {
            deliveries: {
                error: components["schemas"]["Fault"] | null;
                plugin: string | null;
                result: unknown;
                run_id: string;
                status: components["schemas"]["RunStatus"];
            }[];
            event_id: string;
        };
        TestedWebhook: {
            delivery_id: string;
            run_id: string;
            status: components["schemas"]["RunStatus"];
        };
        /** @description An API token, without its text */
        Token: {
            /** Format: date-time */
            created_at: string;
            expires_at: string | null;
            id: string;
            last_used_at: string | null;
            name: string;
            /** @description Acts in every tenant, as the operator who made it */
            operator: boolean;
            role: components["schemas"]["Role"];
            user_id: string | null;
        };
        /** @description A run that an event was given to, and what it caused */
        TracedDelivery: {
            attempts: number;
            /** @description What this run emitted, each with its own deliveries */
            emitted?: components["schemas"]["CausedEvent"][];
            plugin: string | null;
            replay_of?: string;
            run_id: string;
            status: components["schemas"]["RunStatus"];
            webhook?: string;
        };
        /** @description What would become of events */
        TriedMappings: {
            events: {
                alert: {
                    count: number;
                    /** Format: date-time */
                    first_at: string;
                    id: string;
                    /** @enum {string} */
                    status: "firing" | "resolved";
                } | null;
                event_id: string;
                /** @description Events that would be made before or after it */
                makes: {
                    alert: {
                        count: number;
                        /** Format: date-time */
                        first_at: string;
                        id: string;
                        /** @enum {string} */
                        status: "firing" | "resolved";
                    } | null;
                    mapped_from: string;
                    severity: string;
                    subject: string | null;
                    type: string;
                }[];
                mapped_from: string | null;
                raw_type: string | null;
                severity: string;
                subject: string | null;
                suppressed_by: {
                    alert: string | null;
                    /** @enum {string} */
                    reason: "window" | "silence" | "resolved" | "unmapped";
                    rule: string;
                } | null;
                tags: string[];
                type: string;
            }[];
            warnings: components["schemas"]["InputFault"][];
        };
        /** @description What brought a run about */
        Trigger: {
            /** @description Of `manual` and `replay` the actor, of `code` the run; else `null` */
            by: string | null;
            /**
             * @description `event`: an event it handles. `schedule`: a tick of its job. `manual`: somebody who ran the job or tested the webhook. `code`: code of a plugin. `replay`: somebody who had a run made again. `request`: a caller of a route or filter. `platform`: a change to its plugin
             * @enum {string}
             */
            kind: "event" | "schedule" | "manual" | "code" | "replay" | "request" | "platform";
            /** @description In lists and of one run: who that is. Names are for members and above */
            who?: components["schemas"]["Actor"] | null;
        };
        /** @description An upgrade that is under way while the active release serves */
        Upgrade: {
            /** @description How the last of them failed; `null`: it did not, or has not ended */
            last_error: components["schemas"]["Fault"] | null;
            /** @description Required secrets without a value: it waits for them */
            missing_secrets: string[];
            /**
             * @description What follows when it fails for good
             * @enum {string}
             */
            on_init_failure: "rollback" | "keep_old" | "fail";
            permissions: {
                /** @description What an admin said yes to */
                granted: ("db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call")[];
                /** @description What it asks for and was not granted, or not in full */
                pending: ("db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call")[];
                /** @description What the active release asks for */
                requested: ("db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call")[];
            };
            release: string;
            /** Format: date-time */
            since: string;
            /** @description Calls of its `onInit` */
            tries: number;
            version: string;
        };
        UploadedPlugin: {
            /** @description What kept `enable` from enabling; empty when nothing did, or nobody asked */
            blocked: components["schemas"]["InputFault"][];
            /** Format: date-time */
            created_at: string;
            degraded: components["schemas"]["Degraded"] | null;
            description: string | null;
            events: string[];
            id: string;
            jobs: components["schemas"]["JobSummary"][];
            /**
             * @description Lines of lower levels are not kept
             * @enum {string}
             */
            log_level: "debug" | "info" | "warn" | "error";
            /** @description Required secrets without a value; enabling needs them */
            missing_secrets: string[];
            name: string;
            permissions: {
                /** @description What an admin said yes to */
                granted: ("db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call")[];
                /** @description What it asks for and was not granted, or not in full */
                pending: ("db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call")[];
                /** @description What the active release asks for */
                requested: ("db.read" | "db.write" | "files.read" | "files.write" | "outbound_http" | "send_email" | "emit_webhook" | "llm.use" | "agents.call")[];
            };
            /** @description Until when the host calls of its runs are kept; `null` or a time that has passed: they are not */
            recording_until: string | null;
            /** @description The id of the active release */
            release: string;
            routes: components["schemas"]["Route"][];
            slug: string;
            /** @enum {string} */
            status: "installed" | "starting" | "enabled" | "failed" | "disabled" | "suspended" | "uninstalling";
            /** @description Why the platform suspended or disabled it */
            status_reason: string | null;
            /** Format: date-time */
            updated_at: string;
            /** @description The release that takes over once its `onInit` has succeeded; `null`: none */
            upgrade: components["schemas"]["Upgrade"] | null;
            /** @description The release of these bytes */
            uploaded: components["schemas"]["Release"];
            version: string;
            /** @description Oddities that do not hold it up: of the package, unless its bytes were known, and `DOWNGRADE` where its version is older than the one that was active */
            warnings: components["schemas"]["InputFault"][];
        };
        Usage: {
            items: components["schemas"]["UsageLine"][];
            next_cursor: null;
            /** @description Use and limit of each quota, by name */
            quotas: {
                [key: string]: {
                    /** @description `null`: without limit */
                    max: number | null;
                    /** @enum {string} */
                    unit: "count" | "bytes" | "tokens" | "seconds";
                    used: number;
                };
            };
        };
        UsageLine: {
            /** @description What plugin code counted with `ctx.analytics.track`: how often, and the sums of its numbers */
            analytics: {
                [key: string]: {
                    count: number;
                    sums: {
                        [key: string]: number;
                    };
                };
            };
            day: string;
            installation_id: string;
            metrics: {
                [key: string]: number;
            };
            plugin: string | null;
            /** @description Counts by name: `job/failed/<name>`, `event/<pattern>`, `error/<code>`; those of `GET /api/metrics` */
            series: {
                [key: string]: number;
            };
        };
        User: {
            /** Format: date-time */
            created_at: string;
            email: string;
            /** @description `false`: signs in through the identity provider only */
            has_password: boolean;
            id: string;
            /** @description What they are called; `null`: by their address */
            name: string | null;
            role: components["schemas"]["Role"];
            /** Format: date-time */
            updated_at: string;
        };
        Webhook: {
            /** Format: date-time */
            created_at: string;
            description: string | null;
            events: string[];
            failing_since: string | null;
            /** @description Attempts in a row that the endpoint did not take */
            failures: number;
            /** @description Names of further header fields */
            headers: string[];
            id: string;
            last_delivery: {
                /** Format: date-time */
                at: string;
                error: string | null;
                id: string;
            } | null;
            name: string;
            /**
             * @description `package`: of a plugin. `api`: the tenant’s own
             * @enum {string}
             */
            origin: "package" | "api";
            plugin: string | null;
            /** @description Why it does not send; `null` while it does */
            reason: string | null;
            retry: {
                /** @enum {string} */
                backoff?: "exponential" | "fixed";
                initial_delay_s?: number;
                max_attempts?: number;
                max_delay_s?: number;
            };
            signed: boolean;
            /**
             * @description `inactive`: its plugin is not enabled. `blocked`: the plugin was not granted `emit_webhook`
             * @enum {string}
             */
            status: "enabled" | "disabled" | "inactive" | "blocked";
            /** Format: date-time */
            updated_at: string;
            /** @description As it was written, placeholders included; values of the query of the tenant’s own are hidden */
            url: string;
        };
        /** @description A mail; a kept one with its texts */
        WholeMail: {
            attachments: {
                content_type: string;
                filename: string;
                size: number;
            }[];
            bcc: string[];
            cc: string[];
            /** Format: date-time */
            created_at: string;
            error: components["schemas"]["Fault"] | null;
            from: string;
            html: string | null;
            id: string;
            message_id: string;
            plugin: string;
            reply_to: string | null;
            run_id: string;
            /** @description Bytes */
            size: number;
            /**
             * @description `kept`: no mail server is configured, so all of it is here
             * @enum {string}
             */
            status: "sending" | "sent" | "kept" | "failed";
            subject: string;
            text: string | null;
            to: string[];
        };
    };
    responses: {
        /** @description The request cannot be read, or it has to name a tenant */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Not in the state that it is in */
        Conflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The process that ran the handler ended */
        ExecutorLost: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Not with this role, or not in this tenant */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description It was there once, and is not kept any more */
        Gone: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The input is not valid; `errors` names every fault */
        InvalidInput: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description It is not there */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No room now; nothing was kept */
        Overloaded: {
            headers: {
                /** @description Seconds to wait before the next try */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The condition of the request does not hold */
        PreconditionFailed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Any other problem (RFC 9457) */
        Problem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Too much at once */
        RateLimited: {
            headers: {
                /** @description Seconds to wait before the next try */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body or a quota is larger than its limit */
        TooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No token, or none that counts */
        Unauthenticated: {
            headers: {
                "WWW-Authenticate"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A body of another type is taken here */
        UnsupportedMediaType: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description Locks the secrets of an archive, or opens them: printable ASCII. Left out: there are none in it. */
        ArchivePassphrase: string;
        /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
        IdempotencyKey: string;
        /** @description The tenant. May be left out by a token that belongs to one. */
        Tenant: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Actor = components['schemas']['Actor'];
export type Agent = components['schemas']['Agent'];
export type Alert = components['schemas']['Alert'];
export type AskedAgent = components['schemas']['AskedAgent'];
export type Attempt = components['schemas']['Attempt'];
export type AuditEntry = components['schemas']['AuditEntry'];
export type AwaitedRun = components['schemas']['AwaitedRun'];
export type BrowserSession = components['schemas']['BrowserSession'];
export type CataloguePage = components['schemas']['CataloguePage'];
export type CausedEvent = components['schemas']['CausedEvent'];
export type ChangedPassword = components['schemas']['ChangedPassword'];
export type ConfigRevision = components['schemas']['ConfigRevision'];
export type DeadLetterReplay = components['schemas']['DeadLetterReplay'];
export type DeclaredSecret = components['schemas']['DeclaredSecret'];
export type Degraded = components['schemas']['Degraded'];
export type Delivery = components['schemas']['Delivery'];
export type DeliveryAttempt = components['schemas']['DeliveryAttempt'];
export type DiscardedDeadLetters = components['schemas']['DiscardedDeadLetters'];
export type EmittedEvent = components['schemas']['EmittedEvent'];
export type Erasure = components['schemas']['Erasure'];
export type Event = components['schemas']['Event'];
export type EventDelivery = components['schemas']['EventDelivery'];
export type EventTree = components['schemas']['EventTree'];
export type Examination = components['schemas']['Examination'];
export type Fault = components['schemas']['Fault'];
export type File = components['schemas']['File'];
export type FilteredValue = components['schemas']['FilteredValue'];
export type HookSource = components['schemas']['HookSource'];
export type ImportedTenant = components['schemas']['ImportedTenant'];
export type InputFault = components['schemas']['InputFault'];
export type InstallationAnywhere = components['schemas']['InstallationAnywhere'];
export type Invitation = components['schemas']['Invitation'];
export type Job = components['schemas']['Job'];
export type JobSummary = components['schemas']['JobSummary'];
export type JobTimes = components['schemas']['JobTimes'];
export type KvEntry = components['schemas']['KvEntry'];
export type KvValue = components['schemas']['KvValue'];
export type LastRun = components['schemas']['LastRun'];
export type ListedPlugin = components['schemas']['ListedPlugin'];
export type Login = components['schemas']['Login'];
export type LogLine = components['schemas']['LogLine'];
export type Mail = components['schemas']['Mail'];
export type Mapping = components['schemas']['Mapping'];
export type Me = components['schemas']['Me'];
export type NewInvitation = components['schemas']['NewInvitation'];
export type NewToken = components['schemas']['NewToken'];
export type NewWebhook = components['schemas']['NewWebhook'];
export type Notice = components['schemas']['Notice'];
export type NoticeRule = components['schemas']['NoticeRule'];
export type NoticeTest = components['schemas']['NoticeTest'];
export type OfferedInvitation = components['schemas']['OfferedInvitation'];
export type OidcSetUp = components['schemas']['OidcSetUp'];
export type OidcStart = components['schemas']['OidcStart'];
export type PackageReport = components['schemas']['PackageReport'];
export type PasswordResetRequest = components['schemas']['PasswordResetRequest'];
export type PermissionsReport = components['schemas']['PermissionsReport'];
export type PlatformAuditEntry = components['schemas']['PlatformAuditEntry'];
export type PlatformSettings = components['schemas']['PlatformSettings'];
export type Plugin = components['schemas']['Plugin'];
export type PluginConfig = components['schemas']['PluginConfig'];
export type PluginHealth = components['schemas']['PluginHealth'];
export type PluginHealthLine = components['schemas']['PluginHealthLine'];
export type PluginMetrics = components['schemas']['PluginMetrics'];
export type PluginsHealth = components['schemas']['PluginsHealth'];
export type PortalLink = components['schemas']['PortalLink'];
export type PortalLook = components['schemas']['PortalLook'];
export type PortalSession = components['schemas']['PortalSession'];
export type Problem = components['schemas']['Problem'];
export type Process = components['schemas']['Process'];
export type Profile = components['schemas']['Profile'];
export type Publishers = components['schemas']['Publishers'];
export type Quarantine = components['schemas']['Quarantine'];
export type Question = components['schemas']['Question'];
export type Queue = components['schemas']['Queue'];
export type Readiness = components['schemas']['Readiness'];
export type RecordedCall = components['schemas']['RecordedCall'];
export type RecordedCalls = components['schemas']['RecordedCalls'];
export type Release = components['schemas']['Release'];
export type ReleaseContents = components['schemas']['ReleaseContents'];
export type ReleaseDetail = components['schemas']['ReleaseDetail'];
export type ReleaseDiff = components['schemas']['ReleaseDiff'];
export type ReplayedDeadLetters = components['schemas']['ReplayedDeadLetters'];
export type ReplayedDelivery = components['schemas']['ReplayedDelivery'];
export type ReplayedEvent = components['schemas']['ReplayedEvent'];
export type ResetPassword = components['schemas']['ResetPassword'];
export type Role = components['schemas']['Role'];
export type RotatedWebhook = components['schemas']['RotatedWebhook'];
export type Route = components['schemas']['Route'];
export type Row = components['schemas']['Row'];
export type Run = components['schemas']['Run'];
export type RunBatch = components['schemas']['RunBatch'];
export type RunBatchExtent = components['schemas']['RunBatchExtent'];
export type RunDetail = components['schemas']['RunDetail'];
export type RunMention = components['schemas']['RunMention'];
export type RunStatus = components['schemas']['RunStatus'];
export type SavedView = components['schemas']['SavedView'];
export type SchedulePreview = components['schemas']['SchedulePreview'];
export type Secret = components['schemas']['Secret'];
export type Session = components['schemas']['Session'];
export type SetMapping = components['schemas']['SetMapping'];
export type SetNoticeRule = components['schemas']['SetNoticeRule'];
export type SetQuarantine = components['schemas']['SetQuarantine'];
export type Setting = components['schemas']['Setting'];
export type SettingChange = components['schemas']['SettingChange'];
export type SettingList = components['schemas']['SettingList'];
export type SettingWatch = components['schemas']['SettingWatch'];
export type Source = components['schemas']['Source'];
export type SourceTest = components['schemas']['SourceTest'];
export type SpendLine = components['schemas']['SpendLine'];
export type SpendReport = components['schemas']['SpendReport'];
export type StartedRun = components['schemas']['StartedRun'];
export type Stats = components['schemas']['Stats'];
export type StreamToken = components['schemas']['StreamToken'];
export type SupportEntry = components['schemas']['SupportEntry'];
export type Table = components['schemas']['Table'];
export type TableList = components['schemas']['TableList'];
export type Tenant = components['schemas']['Tenant'];
export type TenantJob = components['schemas']['TenantJob'];
export type TenantPlace = components['schemas']['TenantPlace'];
export type TestedEvent = components['schemas']['TestedEvent'];
export type TestedWebhook = components['schemas']['TestedWebhook'];
export type Token = components['schemas']['Token'];
export type TracedDelivery = components['schemas']['TracedDelivery'];
export type TriedMappings = components['schemas']['TriedMappings'];
export type Trigger = components['schemas']['Trigger'];
export type Upgrade = components['schemas']['Upgrade'];
export type UploadedPlugin = components['schemas']['UploadedPlugin'];
export type Usage = components['schemas']['Usage'];
export type UsageLine = components['schemas']['UsageLine'];
export type User = components['schemas']['User'];
export type Webhook = components['schemas']['Webhook'];
export type WholeMail = components['schemas']['WholeMail'];
export type ResponseBadRequest = components['responses']['BadRequest'];
export type ResponseConflict = components['responses']['Conflict'];
export type ResponseExecutorLost = components['responses']['ExecutorLost'];
export type ResponseForbidden = components['responses']['Forbidden'];
export type ResponseGone = components['responses']['Gone'];
export type ResponseInvalidInput = components['responses']['InvalidInput'];
export type ResponseNotFound = components['responses']['NotFound'];
export type ResponseOverloaded = components['responses']['Overloaded'];
export type ResponsePreconditionFailed = components['responses']['PreconditionFailed'];
export type ResponseProblem = components['responses']['Problem'];
export type ResponseRateLimited = components['responses']['RateLimited'];
export type ResponseTooLarge = components['responses']['TooLarge'];
export type ResponseUnauthenticated = components['responses']['Unauthenticated'];
export type ResponseUnsupportedMediaType = components['responses']['UnsupportedMediaType'];
export type ParameterArchivePassphrase = components['parameters']['ArchivePassphrase'];
export type ParameterIdempotencyKey = components['parameters']['IdempotencyKey'];
export type ParameterTenant = components['parameters']['Tenant'];
export type $defs = Record<string, never>;
export interface operations {
    listActors: {
        parameters: {
            query?: {
                /** @description What stands in `actor`, `by` and `created_by` of other answers, up to 100, with commas between */
                ids?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Actor"][];
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listAgents: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
                plugin?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Agent"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getAgent: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Agent"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    disableAgent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Agent"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    enableAgent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Agent"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    testAgent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Any JSON */
                    data?: unknown;
                };
            };
        };
        responses: {
            /** @description It was accepted, and goes on behind the answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AskedAgent"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listQuestions: {
        parameters: {
            query?: {
                /** @description An id or a name */
                agent?: string;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                event_id?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
                plugin?: string;
                status?: "queued" | "running" | "retrying" | "succeeded" | "failed" | "cancelled" | "skipped";
                /** @description `approval`: those that wait for a yes. `agent`: those that an agent works on */
                waiting_for?: "approval" | "agent";
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Question"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getQuestion: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Question"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    approveQuestion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Question"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    cancelQuestion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Question"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    rejectQuestion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Question"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    replayQuestion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was accepted, and goes on behind the answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AskedAgent"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listAlerts: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
                status?: "firing" | "resolved";
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Alert"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getAlert: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alert"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    resolveAlert: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alert"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    silenceAlert: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description For how many seconds; 0: no longer */
                    for_s: number;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alert"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /** @description `plugin.enabled`, or `plugin` for all that begin so */
                action?: string;
                /** @description Who: the id of a user, token or operator, or `system` */
                actor?: string;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
                since?: string;
                /** @description On what: an id or a name */
                target?: string;
                until?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["AuditEntry"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listPlatformAudit: {
        parameters: {
            query?: {
                /** @description `tenant.deleted`, `tenant.restored`, `tenant.erased`, `tenant.suspended`, `tenant.resumed`, `tenant.exported`, `tenant.imported`, `support.entered` */
                action?: string;
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
                /** @description The tenant’s id, or the slug that it had */
                target?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["PlatformAuditEntry"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    beginBrowserSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    email: string;
                    password: string;
                    tenant?: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BrowserSession"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    endBrowserSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    email: string;
                    password: string;
                    tenant?: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Login"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getOidc: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OidcSetUp"];
                };
            };
            400: components["responses"]["BadRequest"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    beginOidcSignIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OidcStart"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    finishOidcSignIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description The query that the provider sent the browser back with */
                    parameters: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BrowserSession"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    current_password: string;
                    /** @description Ends your API tokens too. Default: false */
                    end_tokens?: boolean;
                    /** @description At least 8 characters */
                    new_password: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedPassword"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    requestPasswordReset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    email: string;
                    /** @description Only this tenant’s account, by slug. Default: all with the address */
                    tenant?: string;
                };
            };
        };
        responses: {
            /** @description It was accepted, and goes on behind the answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasswordResetRequest"];
                };
            };
            400: components["responses"]["BadRequest"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    resetPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Ends your API tokens too. Default: false */
                    end_tokens?: boolean;
                    /** @description At least 8 characters */
                    new_password: string;
                    /** @description Of the link: what stands behind `#token=` */
                    token: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResetPassword"];
                };
            };
            400: components["responses"]["BadRequest"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listSessions: {
        parameters: {
            query?: {
                /** @description Changes nothing: the list comes whole */
                cursor?: string;
                /** @description Changes nothing: the list comes whole */
                limit?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Session"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    endOtherSessions: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ended: number;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Its id, or `current` */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    createStreamToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamToken"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listCatalogue: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
                /** @description A part of slug, name or description */
                q?: string;
                /** @description installed: what the tenant has. newer: what there is a newer version of */
                show?: "all" | "installed" | "newer";
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CataloguePage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getCataloguePlugin: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListedPlugin"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            502: components["responses"]["ExecutorLost"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    installFromCatalogue: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Default true; false: it is stored only */
                    activate?: boolean;
                    /** @description Default false */
                    enable?: boolean;
                    grant?: "all" | string[];
                    /** @description Default: the newest that was not taken back */
                    version?: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadedPlugin"];
                };
            };
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadedPlugin"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            502: components["responses"]["ExecutorLost"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listTables: {
        parameters: {
            query?: {
                /** @description Changes nothing: the list comes whole */
                cursor?: string;
                /** @description Changes nothing: the list comes whole */
                limit?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TableList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listRows: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description JSON, such as {"total":{"$gt":100}}: the filters of ctx.db.query */
                filter?: string;
                /** @description Rows a page, 1 to 1000 */
                limit?: number;
                /** @description A field, -field for descending, or several with commas. Default: oldest first */
                order_by?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                table: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Row"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    insertRow: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                table: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Row"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deleteTable: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                table: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getRow: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
                table: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Row"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deleteRow: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
                table: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    updateRow: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
                table: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Row"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listDeadLetters: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                event_id?: string;
                kind?: "event" | "job" | "webhook" | "lifecycle";
                /** @description Items a page, 1 to 200 */
                limit?: number;
                plugin?: string;
                since?: string;
                until?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Run"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    discardDeadLetters: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Every dead letter of the tenant; instead of a filter
                     * @constant
                     */
                    all?: true;
                    event_id?: string;
                    ids?: string[];
                    /** @enum {string} */
                    kind?: "event" | "job" | "webhook" | "lifecycle";
                    plugin?: string;
                    /** Format: date-time */
                    since?: string;
                    /** Format: date-time */
                    until?: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DiscardedDeadLetters"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    replayDeadLetters: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Every dead letter of the tenant; instead of a filter
                     * @constant
                     */
                    all?: true;
                    event_id?: string;
                    ids?: string[];
                    /** @enum {string} */
                    kind?: "event" | "job" | "webhook" | "lifecycle";
                    plugin?: string;
                    /** Format: date-time */
                    since?: string;
                    /** Format: date-time */
                    until?: string;
                };
            };
        };
        responses: {
            /** @description It was accepted, and goes on behind the answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayedDeadLetters"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listDeadLetterReplays: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["DeadLetterReplay"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getDeadLetterReplay: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterReplay"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
                severity?: "debug" | "info" | "warning" | "error" | "critical";
                since?: string;
                /** @description Only events that nobody got: they lack what their source must say, or a mapping kept them back */
                status?: "rejected" | "suppressed";
                /** @description One of its tags */
                tag?: string;
                /** @description A name, or a pattern */
                type?: string;
                until?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Event"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    sendEvent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Extension attributes; in a CloudEvent they stand beside the others */
                    attributes?: {
                        [key: string]: string | number | boolean;
                    };
                    /** @description Any JSON */
                    data?: unknown;
                    /** @description The same id again is the same event */
                    id?: string;
                    /**
                     * @description Default info
                     * @enum {string}
                     */
                    severity?: "debug" | "info" | "warning" | "error" | "critical";
                    source?: string;
                    subject?: string;
                    /** @description At most 32, each of 1 to 64 characters without commas */
                    tags?: string[];
                    /** @description RFC 3339 */
                    time?: string;
                    /** @description Such as build.completed */
                    type: string;
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description It was accepted, and goes on behind the answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EmittedEvent"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getEvent: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventTree"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    replayEvent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Instead of the event’s own data */
                    data?: unknown;
                    /** @description Only to these plugins, by slug */
                    plugins?: string[];
                };
            };
        };
        responses: {
            /** @description It was accepted, and goes on behind the answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayedEvent"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    streamEvents: {
        parameters: {
            query?: {
                since?: string;
                /** @description Of `createStreamToken`, where no header can be sent */
                stream_token?: string;
                /** @description A name, or a pattern */
                type?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listFiles: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 1000 */
                limit?: number;
                /** @description Only keys that begin with it */
                prefix?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["File"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getFile: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description The range that was asked for */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description Nothing has changed */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            /** @description Success */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    putFile: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["File"];
                };
            };
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["File"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deleteFile: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    applyFilter: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Any JSON, at most 256 KiB */
                    value: unknown;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FilteredValue"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listHookSources: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["HookSource"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getHookSource: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                source: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookSource"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    setHookSource: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                source: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Pages of other origins that may send: "*", a list of origins, or { origins, … }; left out: none */
                    cors?: unknown;
                    /** @description Where the signature stands, if not where the preset says */
                    header?: string | null;
                    /**
                     * @description How the sender proves who it is; "none": it does not, and whoever knows the URL is believed
                     * @enum {string}
                     */
                    preset: "github" | "gitlab" | "meta" | "microsoft-graph" | "resend" | "shopify" | "slack" | "square" | "standard-webhooks" | "stripe" | "svix" | "trello" | "websub" | "sha256" | "hmac" | "token" | "bearer" | "basic" | "none";
                    /** @description Paths into its events that must not be empty, such as "data.body.action"; an event that lacks one is rejected: kept, shown by GET /api/events?status=rejected, given to nobody */
                    require?: string[];
                    /** @description What it signs with or sends along ("basic": user:password); never shown again; left out, it stays */
                    secret?: string;
                    /** @description How the preset "hmac" signs */
                    signature?: {
                        /**
                         * @description Default sha256
                         * @enum {string}
                         */
                        algorithm?: "sha256" | "sha1" | "sha512";
                        /**
                         * @description Default hex
                         * @enum {string}
                         */
                        encoding?: "hex" | "base64";
                        /** @description What stands before the value, such as "sha1=" */
                        prefix?: string;
                        /**
                         * @description Default body
                         * @enum {string}
                         */
                        signs?: "body" | "url+body" | "body+url";
                    } | null;
                    /** @description How far the signed time may be away, in seconds; default 300 */
                    tolerance_s?: number;
                    /** @description The address that the sender was given, where that is signed too (trello, square); left out: the one that is called */
                    url?: string | null;
                    /** @description What it brings as hub.verify_token when it asks first; left out, it stays */
                    verify_token?: string | null;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookSource"];
                };
            };
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookSource"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deleteHookSource: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                source: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listInvitations: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
                status?: "open" | "expired" | "accepted" | "revoked";
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Invitation"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    createInvitation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: email */
                    email: string;
                    /** @enum {string} */
                    role: "viewer" | "member" | "developer" | "admin" | "owner";
                    /** @description `false`: no mail goes out, and the answer has the link. Default: a mail, where mail can be sent */
                    send_mail?: boolean;
                };
            };
        };
        responses: {
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewInvitation"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getInvitation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    revokeInvitation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    resendInvitation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description `false`: no mail goes out, and the answer has the link. Default: a mail, where mail can be sent */
                    send_mail?: boolean;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewInvitation"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    acceptInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description What they are called; `null`: by their address */
                    name?: string | null;
                    password: string;
                    /** @description Of the link: what stands behind `#token=` */
                    token: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Login"];
                };
            };
            400: components["responses"]["BadRequest"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    previewInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Of the link: what stands behind `#token=` */
                    token: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OfferedInvitation"];
                };
            };
            400: components["responses"]["BadRequest"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listJobs: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["TenantJob"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listJobTimes: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                limit?: number;
                since?: string;
                /** @description Left out itself */
                until?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["JobTimes"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listMail: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
                /** @description Only mail of this plugin */
                plugin?: string;
                /** @description `kept`: no mail server is configured, so all of it is here */
                status?: "sending" | "sent" | "kept" | "failed";
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Mail"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getMail: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WholeMail"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deleteMail: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getMailAttachment: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
                /** @description Its place in the list, from 0 */
                place: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was attached */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listMappings: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Mapping"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getMapping: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mapping"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    setMapping: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @constant */
                    api_version?: "v1";
                    correlations?: unknown[];
                    /** @description Rules; the first that takes an event counts */
                    mappings?: unknown[];
                    /**
                     * @description Default keep
                     * @enum {string}
                     */
                    unmapped?: "keep" | "drop";
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetMapping"];
                };
            };
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetMapping"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deleteMapping: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    testMappings: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description As POST /api/events takes them, in the order of their time. Default: the latest of the tenant */
                    events?: unknown[];
                    /** @description Tried beside those in force: an object, or YAML as a text. Default: none */
                    mapping?: unknown;
                    /**
                     * @description It takes the place of the one in force with this name
                     * @default test
                     */
                    name?: string;
                    /** @description How many of the latest. Default 20 */
                    recent?: number;
                    /** @description Only the latest of this type */
                    type?: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriedMappings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getProfile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    updateProfile: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description What they are called; `null`: by their address */
                    name?: string | null;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getTenantMetrics: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Prometheus text exposition format 0.0.4 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listNoticeRules: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["NoticeRule"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getNoticeRule: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NoticeRule"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    setNoticeRule: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    channel: "mail" | "webhook" | "slack";
                    /** @description Default true */
                    enabled?: boolean;
                    /** @description Runs that fail for good in a row before a plugin is told of. Default 3 */
                    failures?: number;
                    kinds: ("plugin_failing" | "dead_letters" | "quota" | "missed_ticks" | "source_unhealthy" | "missing_secret")[];
                    /** @description Messages within an hour; more changes wait for a digest. Default 10 */
                    max_per_hour?: number;
                    /** @description What webhooks are signed with; left out: as it is, of a new rule a fresh one */
                    secret?: string;
                    /** @description Addresses, of mail */
                    to?: string[];
                    /** @description Of the other channels; left out: as it is. Of Slack, that of an incoming webhook */
                    url?: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetNoticeRule"];
                };
            };
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetNoticeRule"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deleteNoticeRule: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    testNoticeRule: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NoticeTest"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listNotices: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Notice"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    examinePlatform: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Examination"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listErasures: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
                /** @description The tenant’s id, or the slug that it had */
                tenant?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Erasure"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listInstallations: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
                /** @description The plugin’s slug */
                slug?: string;
                /** @description `enabled`, `suspended`, `failed`, … */
                status?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["InstallationAnywhere"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listOperatorNotices: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Notice"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listProcesses: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Process"][];
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listPublishers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Publishers"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listQuarantines: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Quarantine"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    setQuarantine: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Tenants are told */
                    reason: string;
                    sha256?: string;
                    slug?: string;
                };
            };
        };
        responses: {
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetQuarantine"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    liftQuarantine: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getQueue: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queue"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listPlatformSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlatformSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listSpend: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
                /** @description The first UTC day */
                since?: string;
                /** @description The last UTC day */
                until?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SpendReport"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    exportAllSpend: {
        parameters: {
            query?: {
                /** @description The first UTC day */
                since?: string;
                /** @description The last UTC day */
                until?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A line for each tenant and plugin, with the names of the columns first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listPlugins: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Plugin"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getPlugin: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plugin"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deletePlugin: {
        parameters: {
            query?: {
                /** @description Plugins that depend on it are disabled first, in order */
                cascade?: string;
                /** @description Also when other plugins depend on it; those stay on */
                force?: string;
            };
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    updatePlugin: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    log_level: "debug" | "info" | "warn" | "error";
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plugin"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getPluginConfig: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginConfig"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    setPluginConfig: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginConfig"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    updatePluginConfig: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginConfig"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listConfigRevisions: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ConfigRevision"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    rollBackPluginConfig: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Of `GET …/config/revisions`; 0: before the first change */
                    revision: number;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginConfig"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    disablePlugin: {
        parameters: {
            query?: {
                /** @description Plugins that depend on it are disabled first, in order */
                cascade?: string;
                /** @description Also when other plugins depend on it; those stay on */
                force?: string;
            };
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plugin"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    enablePlugin: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    grant?: "all" | string[];
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plugin"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    checkPluginHealth: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginHealth"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listPluginJobs: {
        parameters: {
            query?: {
                /** @description Changes nothing: the list comes whole */
                cursor?: string;
                /** @description Changes nothing: the list comes whole */
                limit?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Job"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    updateJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    paused?: boolean;
                    /** @description null: the manifest’s own */
                    schedule?: string | null;
                    /** @description null: the manifest’s own */
                    timezone?: string | null;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    previewJobSchedule: {
        parameters: {
            query?: {
                /** @description Default: the one in force */
                schedule?: string;
                /** @description Default: the one in force */
                timezone?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SchedulePreview"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    runJob: {
        parameters: {
            query?: {
                /** @description Seconds to wait for the run to end, at most 60 */
                wait?: number;
            };
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Any JSON */
                    payload?: unknown;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AwaitedRun"];
                };
            };
            /** @description It was accepted, and goes on behind the answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AwaitedRun"] | components["schemas"]["StartedRun"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listKv: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 1000 */
                limit?: number;
                /** @description Only keys that begin with it */
                prefix?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["KvEntry"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getKv: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KvValue"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deleteKv: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listPluginLogs: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description debug, info, warn, error; several with commas */
                level?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
                /** @description Part of the message or fields */
                q?: string;
                run_id?: string;
                since?: string;
                until?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["LogLine"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    streamPluginLogs: {
        parameters: {
            query?: {
                /** @description debug, info, warn, error; several with commas */
                level?: string;
                /** @description Part of the message or fields */
                q?: string;
                run_id?: string;
                since?: string;
                /** @description Of `createStreamToken`, where no header can be sent */
                stream_token?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getPluginMetrics: {
        parameters: {
            query?: {
                since?: string;
                until?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginMetrics"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getPluginPermissions: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PermissionsReport"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    setPluginPermissions: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    granted: string[];
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PermissionsReport"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    startRecording: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description From now on */
                    minutes: number;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plugin"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    stopRecording: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plugin"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listReleases: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Release"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getRelease: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
                release: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReleaseDetail"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    activateRelease: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
                release: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plugin"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    diffReleases: {
        parameters: {
            query?: {
                /** @description An id, a version, or `active`: what it is compared with */
                from?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
                release: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReleaseDiff"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    reloadPlugin: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plugin"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    rollbackPlugin: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    version: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plugin"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listPluginSecrets: {
        parameters: {
            query?: {
                /** @description Changes nothing: the list comes whole */
                cursor?: string;
                /** @description Changes nothing: the list comes whole */
                limit?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Secret"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    addPluginSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description The only hosts that it may go to; code then does not get it */
                    allowed_hosts?: string[];
                    key: string;
                    /** @description Up to 64 KiB; never shown again */
                    value: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Secret"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    setPluginSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description The only hosts that it may go to; code then does not get it */
                    allowed_hosts?: string[];
                    /** @description Up to 64 KiB; never shown again */
                    value: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Secret"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deletePluginSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listDeclaredSecrets: {
        parameters: {
            query?: {
                /** @description Changes nothing: the list comes whole */
                cursor?: string;
                /** @description Changes nothing: the list comes whole */
                limit?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["DeclaredSecret"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getSettingWatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The installation’s id, or the plugin’s slug */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingWatch"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getPluginsHealth: {
        parameters: {
            query?: {
                /** @description Changes nothing: the list comes whole */
                cursor?: string;
                /** @description Changes nothing: the list comes whole */
                limit?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginsHealth"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    testEvent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Any JSON */
                    event_data?: unknown;
                    event_type: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestedEvent"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    uploadPlugin: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /** @enum {string} */
                    activate?: "true" | "false";
                    /** @enum {string} */
                    enable?: "true" | "false";
                    /** @description The package, a ZIP of at most 10 MiB */
                    file: Blob;
                    /** @description `all`, or permission names, comma-separated */
                    grant?: string;
                    /** @description Of the package, as `annex sign` writes it */
                    signature?: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadedPlugin"];
                };
            };
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadedPlugin"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    validatePlugin: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /** @enum {string} */
                    activate?: "true" | "false";
                    /** @enum {string} */
                    enable?: "true" | "false";
                    /** @description The package, a ZIP of at most 10 MiB */
                    file: Blob;
                    /** @description `all`, or permission names, comma-separated */
                    grant?: string;
                    /** @description Of the package, as `annex sign` writes it */
                    signature?: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PackageReport"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    createPortalLink: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    look?: components["schemas"]["PortalLook"];
                    /**
                     * @description The most that somebody may do there; never more than your own
                     * @default viewer
                     * @enum {string}
                     */
                    role?: "viewer" | "member" | "developer" | "admin" | "owner";
                    screens: ("overview" | "plugins" | "jobs" | "runs" | "events" | "alerts" | "dead-letters" | "logs" | "sources" | "mappings" | "webhooks" | "data" | "files" | "usage" | "audit")[];
                    /**
                     * @description How long the portal stays open once its link was opened
                     * @default 3600
                     */
                    session_s?: number;
                };
            };
        };
        responses: {
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PortalLink"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    beginPortalSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    token: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PortalSession"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listRuns: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                event_id?: string;
                kind?: "route" | "event" | "job" | "webhook" | "filter" | "lifecycle" | "source";
                /** @description Items a page, 1 to 200 */
                limit?: number;
                /** @description The handler’s name, exactly */
                name?: string;
                /** @description A slug, or an id */
                plugin?: string;
                /** @description Part of the handler’s name, the plugin’s slug or the error, letter case ignored */
                q?: string;
                since?: string;
                status?: "queued" | "running" | "retrying" | "succeeded" | "failed" | "cancelled" | "skipped";
                until?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Run"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getRun: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDetail"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listCalls: {
        parameters: {
            query?: {
                /** @description Default: the latest that was recorded */
                attempt?: number;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordedCalls"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    cancelRun: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was accepted, and goes on behind the answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDetail"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    discardRun: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDetail"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    replayRun: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Instead of the first payload */
                    payload?: unknown;
                };
            };
        };
        responses: {
            /** @description It was accepted, and goes on behind the answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StartedRun"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listRunBatches: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["RunBatch"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    beginRunBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    action: "cancel" | "replay" | "discard";
                    /**
                     * @description Every run that the action can change; instead of a filter
                     * @constant
                     */
                    all?: true;
                    event_id?: string;
                    ids?: string[];
                    /** @enum {string} */
                    kind?: "route" | "event" | "job" | "webhook" | "filter" | "lifecycle" | "source";
                    /** @description The handler’s name, exactly */
                    name?: string;
                    /** @description A slug, or an id */
                    plugin?: string;
                    /** @description Part of the handler’s name, the plugin’s slug or the error */
                    q?: string;
                    /** Format: date-time */
                    since?: string;
                    /** @enum {string} */
                    status?: "queued" | "running" | "retrying" | "succeeded" | "failed" | "cancelled" | "skipped";
                    /** Format: date-time */
                    until?: string;
                };
            };
        };
        responses: {
            /** @description It was accepted, and goes on behind the answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunBatch"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getRunBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunBatch"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    stopRunBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunBatch"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    previewRunBatch: {
        parameters: {
            query?: {
                action?: "cancel" | "replay" | "discard";
                event_id?: string;
                kind?: "route" | "event" | "job" | "webhook" | "filter" | "lifecycle" | "source";
                /** @description The handler’s name, exactly */
                name?: string;
                /** @description A slug, or an id */
                plugin?: string;
                /** @description Part of the handler’s name, the plugin’s slug or the error */
                q?: string;
                since?: string;
                status?: "queued" | "running" | "retrying" | "succeeded" | "failed" | "cancelled" | "skipped";
                until?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunBatchExtent"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    streamRuns: {
        parameters: {
            query?: {
                event_id?: string;
                kind?: "route" | "event" | "job" | "webhook" | "filter" | "lifecycle" | "source";
                /** @description The handler’s name, exactly */
                name?: string;
                /** @description A slug, or an id */
                plugin?: string;
                status?: "queued" | "running" | "retrying" | "succeeded" | "failed" | "cancelled" | "skipped";
                /** @description Of `createStreamToken`, where no header can be sent */
                stream_token?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listSecrets: {
        parameters: {
            query?: {
                /** @description Changes nothing: the list comes whole */
                cursor?: string;
                /** @description Changes nothing: the list comes whole */
                limit?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Secret"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    setSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description The only hosts that it may go to; code then does not get it */
                    allowed_hosts?: string[];
                    /** @description Up to 64 KiB; never shown again */
                    value: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Secret"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deleteSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listSettings: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 1000 */
                limit?: number;
                /** @description Only keys that begin with it */
                prefix?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getSetting: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Setting"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    setSetting: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Any JSON */
                    value: unknown;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Setting"];
                };
            };
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Setting"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deleteSetting: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    streamSettings: {
        parameters: {
            query?: {
                /** @description Only keys that begin with it */
                prefix?: string;
                /** @description Begins behind this revision. Default: with what is changed from now on */
                since?: number;
                /** @description Of `createStreamToken`, where no header can be sent */
                stream_token?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listSources: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Source"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getSource: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Source"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    setSource: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Who may send, such as { "token": { "secret": "NAME" } } with a secret of the tenant, or "public" */
                    auth?: unknown;
                    /** @description Default true */
                    enabled?: boolean;
                    /** @description Patterns of the events that it may emit */
                    events: string[];
                    /** @description Paths into its events that must not be empty; an event that lacks one is kept, and given to nobody */
                    require?: string[];
                    /**
                     * @description alertmanager: an Alertmanager sends to /hooks/<tenant>/<name>. postgres: changes of a database
                     * @enum {string}
                     */
                    type: "alertmanager" | "postgres" | "mqtt" | "kubernetes" | "kafka";
                    /** @description What its connection needs; texts may hold ${SECRET:NAME} with a secret of the tenant */
                    with?: Record<string, never>;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Source"];
                };
            };
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Source"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deleteSource: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    setSourceCursor: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Where it goes on, as its handler or connection wrote it; `null`: at the beginning */
                    cursor: unknown;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Source"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    pauseSource: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Source"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    restartSource: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Source"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    resumeSource: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Source"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    testSource: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourceTest"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getSpend: {
        parameters: {
            query?: {
                /** @description Changes nothing: the list comes whole */
                cursor?: string;
                /** @description Changes nothing: the list comes whole */
                limit?: string;
                /** @description The first UTC day */
                since?: string;
                /** @description The last UTC day */
                until?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SpendReport"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    exportSpend: {
        parameters: {
            query?: {
                /** @description The first UTC day */
                since?: string;
                /** @description The last UTC day */
                until?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A line for each tenant and plugin, with the names of the columns first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getStats: {
        parameters: {
            query?: {
                /** @description Length of a bucket: `30s`, `5m`, `1h`, `1d`. Default: so that there are 60 at most */
                bucket?: string;
                /** @description Of `runs`: what they are counted by */
                by?: "status" | "kind" | "plugin" | "error";
                /** @description `runs`: how many were made. `wall_ms`: how long they took, as p50, p95 and p99 */
                metric?: "runs" | "wall_ms";
                /** @description A slug, or an id */
                plugin?: string;
                /** @description Default: an hour before `until` */
                since?: string;
                /** @description Default: now */
                until?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stats"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getOwnTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    updateOwnTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    name?: string;
                    /** @description IANA zone in which its people read times */
                    timezone?: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    exportOwnTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A tar of NDJSON and files, compressed with gzip */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listTenants: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Tenant"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    createTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    slug: string;
                };
            };
        };
        responses: {
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deleteTenant: {
        parameters: {
            query?: {
                /** @description The tenant’s slug, so that none is deleted by accident */
                confirm?: string;
                /** @description `true`: erase at once, without a time of grace */
                now?: "true" | "false";
            };
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was accepted, and goes on behind the answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    updateTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Background runs that it may always have at once; more while others idle */
                    background_concurrency?: number;
                    name?: string;
                    /** @description Limits of this tenant alone; null: what holds for every tenant. GET /api/usage names them all */
                    quotas?: {
                        [key: string]: number | null;
                    };
                    slug?: string;
                    /** @description IANA zone in which its people read times */
                    timezone?: string;
                    /** @description Turns of background work where a tenant of weight 1 gets one */
                    weight?: number;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    exportTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description Locks the secrets of an archive, or opens them: printable ASCII. Left out: there are none in it. */
                "X-Archive-Passphrase"?: components["parameters"]["ArchivePassphrase"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A tar of NDJSON and files, compressed with gzip */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    restoreTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    resumeTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    enterTenantForSupport: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description `read`: as a viewer. `change`: whatever an admin of the tenant may do
                     * @default read
                     * @enum {string}
                     */
                    access?: "read" | "change";
                    /** @default 60 */
                    minutes?: number;
                    /** @description Stands in the tenant’s audit trail */
                    reason: string;
                };
            };
        };
        responses: {
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SupportEntry"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    suspendTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Its people are told */
                    reason: string;
                    /**
                     * @description `everything`: its people cannot enter either; `background`: only that nothing is started in the background
                     * @default everything
                     * @enum {string}
                     */
                    scope?: "everything" | "background";
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    importTenant: {
        parameters: {
            query?: {
                /** @description Another slug than it had */
                slug?: string;
                /** @description `true`: it goes on at once. Else it is suspended, so that nothing is done on two servers */
                start?: "true" | "false";
            };
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description Locks the secrets of an archive, or opens them: printable ASCII. Left out: there are none in it. */
                "X-Archive-Passphrase"?: components["parameters"]["ArchivePassphrase"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportedTenant"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listTokens: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Token"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Default: never expires */
                    expires_in_s?: number;
                    name: string;
                    /** @description Acts in every tenant, as the platform operator who makes it. Default: false */
                    operator?: boolean;
                    /**
                     * @description Default: your own. Never above it.
                     * @enum {string}
                     */
                    role?: "viewer" | "member" | "developer" | "admin" | "owner";
                };
            };
        };
        responses: {
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewToken"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Token"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deleteToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getUsage: {
        parameters: {
            query?: {
                /** @description Changes nothing: the list comes whole */
                cursor?: string;
                /** @description Changes nothing: the list comes whole */
                limit?: string;
                since?: string;
                until?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listUsers: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["User"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    createUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: email */
                    email: string;
                    /** @description What they are called; `null`: by their address */
                    name?: string | null;
                    password?: string;
                    /** @enum {string} */
                    role: "viewer" | "member" | "developer" | "admin" | "owner";
                };
            };
        };
        responses: {
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deleteUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    updateUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Your present password, to change your own */
                    current_password?: string;
                    /** Format: email */
                    email?: string;
                    /** @description With a new password: ends the user’s API tokens too. Default: false */
                    end_tokens?: boolean;
                    /** @description What they are called; `null`: by their address */
                    name?: string | null;
                    password?: string;
                    /** @enum {string} */
                    role?: "viewer" | "member" | "developer" | "admin" | "owner";
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    endUserSessions: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listViews: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
                /** @description Default: all of them */
                list?: "runs" | "events" | "logs" | "deliveries";
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["SavedView"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    setView: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                list: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description As they stand in the console’s address: `{ "status": "failed", "span": "24h" }` */
                    filters: {
                        [key: string]: string;
                    };
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedView"];
                };
            };
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedView"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deleteView: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                list: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listWebhooks: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
                plugin?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Webhook"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    description?: string | null;
                    /** @description Event names and patterns, such as build.*; "**" for all */
                    events: string[];
                    /** @description Further header fields; their values are never shown again */
                    headers?: Record<string, never>;
                    /** @description 1 to 63 letters, digits, "_", "-" and "." */
                    name: string;
                    retry?: {
                        /** @enum {string} */
                        backoff?: "exponential" | "fixed";
                        initial_delay_s?: number;
                        max_attempts?: number;
                        max_delay_s?: number;
                    };
                    /** @description Signs deliveries; left out, one is made */
                    secret?: string;
                    url: string;
                };
            };
        };
        responses: {
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewWebhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description Its id, or its name where only one has it */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description Its id, or its name where only one has it */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    updateWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description Its id, or its name where only one has it */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    description?: string | null;
                    /** @description Event names and patterns, such as build.*; "**" for all */
                    events?: string[];
                    /** @description Further header fields; their values are never shown again */
                    headers?: Record<string, never>;
                    /** @description 1 to 63 letters, digits, "_", "-" and "." */
                    name?: string;
                    retry?: {
                        /** @enum {string} */
                        backoff?: "exponential" | "fixed";
                        initial_delay_s?: number;
                        max_attempts?: number;
                        max_delay_s?: number;
                    };
                    url?: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    disableWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description Its id, or its name where only one has it */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    enableWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description Its id, or its name where only one has it */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description Its id, or its name where only one has it */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    secret?: string;
                };
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RotatedWebhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description Its id, or its name where only one has it */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Any JSON */
                    data?: unknown;
                };
            };
        };
        responses: {
            /** @description It was accepted, and goes on behind the answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestedWebhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                event_id?: string;
                /** @description Items a page, 1 to 200 */
                limit?: number;
                plugin?: string;
                status?: "queued" | "running" | "retrying" | "succeeded" | "failed" | "cancelled" | "skipped";
                /** @description An id or a name */
                webhook?: string;
            };
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Delivery"][];
                        /** @description Of the next page; `null`: this is the last */
                        next_cursor: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getDelivery: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidInput"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    replayDelivery: {
        parameters: {
            query?: never;
            header?: {
                /** @description Again with the same key within 24 hours, the first answer is given again and nothing is done twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was accepted, and goes on behind the answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayedDelivery"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["InvalidInput"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getPluginRoute: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the plugin answers */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description What the plugin answers, or a problem (RFC 9457) with the code of what went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putPluginRoute: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description What the plugin answers */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description What the plugin answers, or a problem (RFC 9457) with the code of what went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postPluginRoute: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description What the plugin answers */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description What the plugin answers, or a problem (RFC 9457) with the code of what went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deletePluginRoute: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description What the plugin answers */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description What the plugin answers, or a problem (RFC 9457) with the code of what went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchPluginRoute: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tenant. May be left out by a token that belongs to one. */
                "X-Tenant-Slug"?: components["parameters"]["Tenant"];
            };
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description What the plugin answers */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description What the plugin answers, or a problem (RFC 9457) with the code of what went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLinkedFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description The range that was asked for */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description Nothing has changed */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            /** @description Success */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ok";
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    answerHookChallenge: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                source: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The challenge, as text */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    receiveHook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                source: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description A delivery that was received before, or the answer to a challenge */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        duplicate: true;
                        event_id: string;
                    } | {
                        challenge: string;
                    };
                    "text/plain": string;
                };
            };
            /** @description It became an event */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        event_id: string;
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    consentToHooks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                source: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description WebHook-Allowed-Origin */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Access-Control-Allow-Origin */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Prometheus text exposition format 0.0.4 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["BadRequest"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            400: components["responses"]["BadRequest"];
            /** @description Success */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getManifestSchema: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/schema+json": {
                        [key: string]: unknown;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            503: components["responses"]["Overloaded"];
            default: components["responses"]["Problem"];
        };
    };
    getTenantPluginRoute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
                slug: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the plugin answers */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description What the plugin answers, or a problem (RFC 9457) with the code of what went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putTenantPluginRoute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
                slug: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description What the plugin answers */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description What the plugin answers, or a problem (RFC 9457) with the code of what went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postTenantPluginRoute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
                slug: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description What the plugin answers */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description What the plugin answers, or a problem (RFC 9457) with the code of what went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteTenantPluginRoute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
                slug: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description What the plugin answers */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description What the plugin answers, or a problem (RFC 9457) with the code of what went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchTenantPluginRoute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The rest of the path. Its slashes may stay as they are; generators that encode them are understood too. */
                path: string;
                slug: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description What the plugin answers */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                };
            };
            /** @description What the plugin answers, or a problem (RFC 9457) with the code of what went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": unknown;
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
export interface events {
    streamEvents: Event;
    streamPluginLogs: LogLine;
    streamRuns: Run;
    streamSettings: SettingChange;
}
