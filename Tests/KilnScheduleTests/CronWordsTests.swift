import Testing

@testable import KilnSchedule

/// A schedule as `kiln plan` shows it.
struct CronWordsTests {
  @Test(arguments: [
    // Through day and night.
    ("* * * * *", "every minute"),
    ("*/15 * * * *", "every 15 minutes"),
    ("0,30 * * * *", "every 30 minutes"),
    ("0 * * * *", "every hour"),
    ("@hourly", "every hour"),
    ("5 * * * *", "at minute 5 of every hour"),
    ("5,20 * * * *", "at minutes 5, 20 of every hour"),
    ("10-20 * * * *", "at minutes 10 to 20 of every hour"),
    ("*/25 * * * *", "at minutes 0, 25, 50 of every hour"),
    ("0 */2 * * *", "every 2 hours"),
    ("30 */6 * * *", "every 6 hours from 00:30"),
    // Times of a day.
    ("0 3 * * *", "every day at 03:00"),
    ("@midnight", "every day at 00:00"),
    ("0 2,14 * * *", "every day at 02:00, 14:00"),
    ("0 */12 * * *", "every day at 00:00, 12:00"),
    ("0,45 6,18 * * *", "every day at 06:00, 06:45, 18:00, 18:45"),
    ("0 0-22/5 * * *", "every day at 00:00, 05:00, 10:00, 15:00, 20:00"),
    // Parts of a day.
    ("*/15 9-17 * * *", "every day, every 15 minutes from 09:00 to 17:45"),
    ("30 9-17 * * *", "every day, every hour from 09:30 to 17:30"),
    ("* 3 * * *", "every day, every minute from 03:00 to 03:59"),
    ("*/20 3 * * *", "every day, every 20 minutes from 03:00 to 03:40"),
    ("5-25/10 3 * * *", "every day, every 10 minutes from 03:05 to 03:25"),
    ("10-20 3 * * *", "every day, every minute from 03:10 to 03:20"),
    ("0 9,10 * * *", "every day at 09:00, 10:00"),
    ("*/15 1,5 * * *", "every day at minutes 0, 15, 30, 45 of the hours 1, 5"),
    ("* 1,5-7 * * *", "every day, every minute of the hours 1, 5 to 7"),
    ("5,20 9-17 * * *", "every day at minutes 5, 20 of the hours 9 to 17"),
    ("1,2,3,7,8,9,20 4 * * *", "every day at minutes 1 to 3, 7 to 9, 20 of the hour 4"),
    ("7 1-23/2 * * *", "every day at minute 7 of the hours 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23"),
    // Days of the week.
    ("30 8 * * 1-5", "Monday to Friday at 08:30"),
    ("0 2,14 * * SUN", "on Sunday at 02:00, 14:00"),
    ("@weekly", "on Sunday at 00:00"),
    ("0 0 * * SAT,SUN", "on Saturday and Sunday at 00:00"),
    ("0 0 * * 1,3,5", "on Monday, Wednesday and Friday at 00:00"),
    ("0 0 * * 5-7", "Friday to Sunday at 00:00"),
    ("0 0 * * 0-2", "on Monday, Tuesday and Sunday at 00:00"),
    ("0 0 * * 1-3,6", "on Monday to Wednesday and Saturday at 00:00"),
    ("*/10 8-17 * * MON-FRI", "Monday to Friday, every 10 minutes from 08:00 to 17:50"),
    ("0 * * * MON", "on Monday, every hour"),
    ("5 * * * MON", "on Monday at minute 5 of every hour"),
    // Days of the month.
    ("@monthly", "on the 1st of every month at 00:00"),
    ("0 0 1,15 * *", "on the 1st and 15th of every month at 00:00"),
    ("0 0 1-7 * *", "on the 1st to 7th of every month at 00:00"),
    (
      "0 0 2,3,11,12,13,21,22,23,31 * *", "on the 2nd, 3rd, 11th to 13th, 21st to 23rd and 31st of every month at 00:00"
    ),
    ("0 0 */2 * *", "on every 2nd day from the 1st to the 31st of every month at 00:00"),
    ("0 0 1-15/3 * *", "on every 3rd day from the 1st to the 13th of every month at 00:00"),
    ("0 0 1-31 * *", "every day at 00:00"),
    // Months.
    ("@yearly", "on the 1st of January at 00:00"),
    ("0 0 24 12 *", "on the 24th of December at 00:00"),
    ("0 0 1 */3 *", "on the 1st of January, April, July and October at 00:00"),
    ("0 3 * 6 *", "every day in June at 03:00"),
    ("0 3 * 6-8 *", "every day from June to August at 03:00"),
    ("0 3 * 1,6-8 *", "every day in January and June to August at 03:00"),
    ("*/15 * * 6 *", "every day in June, every 15 minutes"),
    ("30 8 * 1 1-5", "Monday to Friday in January at 08:30"),
    // Both kinds of days: the command runs on the one and on the other.
    ("0 0 1 * MON", "on the 1st of the month and on every Monday at 00:00"),
    ("0 0 1,15 * MON,TUE", "on the 1st and 15th of the month and on every Monday and Tuesday at 00:00"),
    ("0 0 13 * 1-5", "on the 13th of the month and on every day from Monday to Friday at 00:00"),
    ("0 0 1 1 MON", "in January, on the 1st of the month and on every Monday at 00:00"),
    ("0 0 1 3-5 MON", "from March to May, on the 1st of the month and on every Monday at 00:00"),
    ("*/5 * 1 * MON", "on the 1st of the month and on every Monday, every 5 minutes"),
    // Never.
    ("0 0 30 2 *", "never (on the 30th of February at 00:00)"),
  ])
  func says(_ text: String, _ expected: String) throws {
    #expect(try CronSchedule(text).words == expected)
  }
}
