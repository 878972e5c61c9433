import { Database } from "@paylog/event-store/Database"
import { fromFile } from "@paylog/event-store/Statement"
import { Effect } from "effect"

/** Deletes the messages that answered what somebody wrote or pressed, once they were shown a week ago: the chats keep theirs. */
export const forgetAnswers = Effect.suspend(() => Database.use(({ query }) => Effect.asVoid(query(statement))))

const statement = fromFile(new URL("../sql/forget-answers.sql", import.meta.url))
