import * as Secret from "@clinit/core/Secret"
import { describe, expect, it } from "@effect/vitest"

describe("the name of a variable tells that its value is a secret", () => {
  it.each([
    "PASS",
    "DB_PASS",
    "PGPASSWORD",
    "db_password",
    "MYSQL_PWD",
    "CLIENT_SECRET",
    "SECRETS_OF_MINE",
    "API_TOKEN",
    "TOKENS",
    "KEY",
    "APIKEY",
    "AWS_SECRET_ACCESS_KEY",
    "KEYS_OF_MINE",
    "SSH_AUTH_SOCK",
    "AUTH",
    "AUTHORIZATION",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "SSL_KEY_PASSPHRASE"
  ])("%s", (name) => expect(Secret.isSecretName(name)).toBe(true))

  it.each([
    "PATH",
    "HOME",
    "PWD",
    "OLDPWD",
    "LANG",
    "KEYBOARD",
    "KEYMAP",
    "AUTHOR",
    "PASSIVE",
    "TERM",
    "PORT"
  ])(
    "but not %s",
    (name) => expect(Secret.isSecretName(name)).toBe(false)
  )
})

describe("a value is shown", () => {
  it.each([
    ["not at all if its name is a secret's", "TOKEN", "abc", "********"],
    ["if it is empty", "TOKEN", "", ""],
    ["whole if nothing is secret", "URL", "http://host:80/a@b", "http://host:80/a@b"],
    [
      "without a password of an address",
      "URL",
      "postgres://me:pa:s@s@host/db",
      "postgres://me:********@host/db"
    ],
    ["without a password of nobody", "URL", "redis://:x@host", "redis://:********@host"],
    [
      "without all of several",
      "URLS",
      "amqp://a:1@h b amqps://b:2@i",
      "amqp://a:********@h b amqps://b:********@i"
    ],
    ["with a user that has no password", "URL", "ssh://me@host", "ssh://me@host"]
  ])("%s", (_, name, value, shown) => expect(Secret.conceal(name, value)).toBe(shown))

  it("in a moment however long it is", () => {
    const begun = performance.now()
    Secret.conceal("X", "://a:".repeat(20_000))
    Secret.conceal("X", `://${"a".repeat(100_000)}`)
    Secret.conceal("X", `://a:${"b".repeat(100_000)}`)
    expect(performance.now() - begun).toBeLessThan(2_000)
  })
})
