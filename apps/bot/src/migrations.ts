import type { MigrationSet } from "@paylog/event-store/Migrations"

/** The tables of the bot. They come after the log's and those of payments. */
export const migrations: MigrationSet = {
  name: "bot",
  folder: new URL("../sql/migrations/", import.meta.url),
}
