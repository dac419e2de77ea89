const telling =
  /PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|AUTHORIZATION|(?:PASS|KEYS?|AUTH|.PWD)(?:$|_)/i

/** Whether the name of an environment variable says that its value is nobody else's business. */
export const isSecretName = (name: string): boolean => telling.test(name) && !/^(?:OLD)?PWD$/i.test(name)

const mask = "********"

// Up to the last @ before the host ends: a password may have one.
const password = /(:\/\/[^\s:/?#@]*:)[^\s/?#]+(?=@)/gu

/**
 * The value of an environment variable as it may be shown: hidden as a whole if the name says so, else without the
 * passwords of the addresses in it (`://user:password@`). An empty value has nothing to hide.
 */
export const conceal = (name: string, value: string): string =>
  value !== "" && isSecretName(name) ? mask : value.replaceAll(password, `$1${mask}`)
