import Document
import Telemetry
import Testing
import WebClient

@testable import baton_toolbox

/// Operations of documents, made into requests: nothing is asked.
@Suite("A call of OpenAPI") struct OpenAPICallTests {
    private static let new = """
        openapi: 3.0.3
        servers: [{url: "/{stage}/api", variables: {stage: {default: v1}}}]
        paths:
          /pets/{id}:
            parameters: [{$ref: "#/components/parameters/id"}]
            get:
              operationId: getPet
              parameters:
                - {name: tags, in: query, schema: {type: array}}
                - {name: flat, in: query, explode: false, schema: {type: array}}
                - {name: deep, in: query, style: deepObject, schema: {type: object}}
                - {name: limit, in: query, schema: {type: integer, default: 5}}
                - {name: X-Trace, in: header}
                - {name: sid, in: cookie}
            put:
              operationId: putPet
              servers: [{url: "https://other.example/base/"}]
              requestBody: {required: true, content: {application/json: {}}}
          /forms:
            post:
              operationId: postForm
              requestBody: {content: {application/x-www-form-urlencoded: {}}}
          /files:
            post:
              operationId: postFile
              requestBody: {content: {multipart/form-data: {}}}
          /circle:
            get: {operationId: circle, parameters: [{$ref: "#/components/parameters/a"}]}
        components:
          parameters:
            id: {name: id, in: path, required: true}
            a: {$ref: "#/components/parameters/a"}
        """

    private static let old = """
        swagger: "2.0"
        host: petstore.example
        basePath: /v2
        schemes: [http, https]
        paths:
          /pet/findByStatus:
            get:
              operationId: findPetsByStatus
              parameters:
                - {name: status, in: query, required: true, type: array, collectionFormat: multi}
                - {name: ids, in: query, type: array, collectionFormat: pipes}
          /pet:
            post: {operationId: addPet, parameters: [{name: pet, in: body, required: true}]}
          /pet/{petId}:
            post:
              operationId: updatePetWithForm
              parameters: [{name: petId, in: path}, {name: name, in: formData}]
        """

    private func request(
        _ document: String, _ operation: String, _ parameters: Value
    ) throws -> WebRequest {
        let url = try WebURL("http://docs.example/specs/api.yaml")
        let call = try OpenAPICall([
            "document": ["endpoint": "http://docs.example/specs/api.yaml"],
            "operationId": .string(operation), "parameters": parameters,
        ])
        let root = try OpenAPIDocument.parse(Array(document.utf8), from: url)
        return try call.call(OpenAPIDocument(root, at: url)).request
    }

    @Test("puts parameters where OpenAPI 3 says")
    func parameters() throws {
        let request = try request(
            Self.new, "getPet",
            [
                "id": "a/b c", "tags": ["x", "y&z"], "flat": [1, 2], "deep": ["k": "v"],
                "X-Trace": "t", "sid": "s;1",
            ])
        #expect(request.method == "get")
        #expect(
            request.url == "http://docs.example/v1/api/pets/a%2Fb%20c"
                + "?tags=x&tags=y%26z&flat=1%2C2&deep%5Bk%5D=v&limit=5")
        #expect(request.headers["x-trace"] == "t")
        #expect(request.headers["cookie"] == "sid=s%3B1")
    }

    @Test("gives what is no parameter as the body")
    func bodies() throws {
        let put = try request(Self.new, "putPet", ["id": 7, "name": "Milou", "age": 3])
        #expect(put.url == "https://other.example/base/pets/7")
        #expect(
            put.body.map { String(decoding: $0, as: UTF8.self) } == #"{"name":"Milou","age":3}"#)
        let form = try request(Self.new, "postForm", ["body": ["a": "b c"]])
        #expect(form.body.map { String(decoding: $0, as: UTF8.self) } == "a=b%20c")
    }

    @Test("puts parameters where Swagger 2 says")
    func old() throws {
        let find = try request(
            Self.old, "findPetsByStatus", ["status": ["sold", "available"], "ids": [1, 2]])
        #expect(
            find.url == "https://petstore.example/v2/pet/findByStatus"
                + "?status=sold&status=available&ids=1%7C2")
        let add = try request(Self.old, "addPet", ["pet": ["id": 1]])
        #expect(add.headers["content-type"] == "application/json")
        #expect(add.body.map { String(decoding: $0, as: UTF8.self) } == #"{"id":1}"#)
        let update = try request(Self.old, "updatePetWithForm", ["petId": 5, "name": "a b"])
        #expect(update.url == "https://petstore.example/v2/pet/5")
        #expect(update.headers["content-type"] == "application/x-www-form-urlencoded")
        #expect(update.body.map { String(decoding: $0, as: UTF8.self) } == "name=a%20b")
    }

    @Test(
        "says what is wrong",
        arguments: [
            ("getPets", [:], "getPet"), ("getPet", [:], "id is missing"),
            ("getPet", ["id": ".."], "in a path"), ("getPet", ["id": 1, "tag": 1], "no parameter"),
            ("putPet", ["id": 1], "body is missing"), ("postFile", ["a": 1], "multipart"),
            ("circle", [:], "circles"),
        ] as [(String, Value, String)])
    func problems(operation: String, parameters: Value, words: String) throws {
        let problem = #expect(throws: Problem.self) {
            try request(Self.new, operation, parameters)
        }
        #expect(problem?.detail.contains(words) == true, "\(problem?.detail ?? "")")
    }

    @Test("reads no document that is neither", arguments: ["{}", "a: b", "[", "openapi: 4.0.0"])
    func documents(text: String) {
        #expect(throws: Problem.self) { try request(text, "x", [:]) }
    }
}
