import Document
import Testing

@testable import Language

/// Names, dates, lists, statements and choices are found by the words beside them.
@Suite struct ParameterNameTests {
    private func read(_ text: String, _ properties: ObjectValue) throws -> ObjectValue {
        try ParameterReader(["type": "object", "properties": .object(properties)])
            .read(text, now: AskedAt(seconds: 1_773_000_000)).values
    }

    private static let resource: ObjectValue = [
        "resource_id": ["type": "string", "description": "the job's or table's name as written"]
    ]

    @Test(
        "a name is taken beside the word for its kind, else where none says it is another's",
        arguments: [
            ("Job MORTGAGE_RATES has failed", "MORTGAGE_RATES"),
            ("table positions is empty", "positions"),
            ("the acc_publish job failed", "acc_publish"),
            ("failed: LOYALTY_POINTS", "LOYALTY_POINTS"),
            ("job \"night run\" failed", "night run"),
            ("it failed in db.orders again", "db.orders"),
            ("job my-load failed", "my-load"), ("the job named DailyLoad", "DailyLoad"),
            ("Task load_x in job retail_star failed", "retail_star"),
        ])
    func names(text: String, name: String) throws {
        #expect(try read(text, Self.resource)["resource_id"] == .string(name), "\(text)")
    }

    @Test(
        "what is no name, or another's, is left alone",
        arguments: [
            "the job failed again", "our table is empty", "dag kyc_feed is late",
            "HIVE_BAD_DATA came",
            "files did not arrive in S3", "the job did not start at 05:00", "error 0x80070057",
            "jobs keep failing",
        ])
    func noNames(text: String) throws { #expect(try read(text, Self.resource) == [:]) }

    @Test(
        "dates in every wording",
        arguments: [
            ("for 2026-02-15", "2026-02-15"), ("of 3 March 2026", "2026-03-03"),
            ("on March 3rd, 2026", "2026-03-03"), ("for 15.02.2026", "2026-02-15"),
            ("for 2/15/2026", "2026-02-15"), ("of the 5th of May", "2026-05-05"),
            ("yesterday's files", "2026-03-07"), ("run of 20260215", "2026-02-15"),
            ("at 2026-02-15T10:00:00Z", "2026-02-15"),
        ])
    func dates(text: String, date: String) throws {
        let properties: ObjectValue = ["date": ["type": "string", "format": "date"]]
        #expect(try read(text, properties)["date"] == .string(date), "\(text)")
    }

    private static let databases: ObjectValue = [
        "databases": ["type": "array", "items": ["type": "string"], "description": "only these"],
        "exclude_databases": [
            "type": "array", "items": ["type": "string"], "description": "not these",
        ],
    ]

    @Test(
        "lists of names, wanted and not",
        arguments: [
            ("of database shop only", ["databases": ["shop"]]),
            ("of databases shop and crm", ["databases": ["shop", "crm"]]),
            ("excluding database archive", ["exclude_databases": ["archive"]]),
            ("all databases except shop and crm", ["exclude_databases": ["shop", "crm"]]),
            ("the shop database", ["databases": ["shop"]]), ("is my database healthy", [:]),
        ] as [(String, ObjectValue)])
    func lists(text: String, expected: ObjectValue) throws {
        #expect(try read(text, Self.databases) == expected, "\(text)")
    }

    private static let statements: ObjectValue = [
        "sql": ["type": "string", "description": "the SQL statement to score"],
        "expected_sql": ["type": "string", "description": "the SQL statement it is compared with"],
    ]

    @Test(
        "statements between quotes and without, and which of two is which",
        arguments: [
            ("is this valid: SELECT a FROM b WHERE", ["sql": "SELECT a FROM b WHERE"]),
            (
                "score `SELECT a FROM b` against the expected `SELECT c FROM b`",
                ["sql": "SELECT a FROM b", "expected_sql": "SELECT c FROM b"]
            ),
            (
                "the expected SQL is SELECT COUNT(*) FROM b",
                ["expected_sql": "SELECT COUNT(*) FROM b"]
            ),
            ("is SELECT a FROM b valid?", ["sql": "SELECT a FROM b"]),
            ("please select a table", [:]),
        ] as [(String, ObjectValue)])
    func statements(text: String, expected: ObjectValue) throws {
        #expect(try read(text, Self.statements) == expected, "\(text)")
    }

    @Test(
        "retries, percentages, paths and sessions",
        arguments: [
            ("retry at most once", ["max_retries": 1]), ("do not retry", ["max_retries": 0]),
            ("retry it 2 times", ["max_retries": 2]), ("over 90 percent", ["warn_percent": 90.0]),
            ("at 75%", ["warn_percent": 75.0]),
            ("read /var/log/x.log", ["log_path": "/var/log/x.log"]),
            ("continue session s-123", ["session_id": "s-123"]),
            ("in session 17", ["session_id": "17"]),
            ("train mode", ["mode": "train"]), ("generate it", [:]),
        ] as [(String, ObjectValue)])
    func others(text: String, expected: ObjectValue) throws {
        let properties: ObjectValue = [
            "max_retries": ["type": "integer", "description": "how often it may be retried"],
            "warn_percent": ["type": "number", "description": "above which to warn, in percent"],
            "log_path": ["type": "string", "description": "path of the log"],
            "session_id": ["type": "string", "description": "session to continue"],
            "mode": ["type": "string", "enum": ["generate", "train"], "default": "generate"],
        ]
        #expect(try read(text, properties) == expected, "\(text)")
    }
}
