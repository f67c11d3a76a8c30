/// Which release of Baton this is; every program of it says the same.
public enum Release {
    public static let version = "0.1.0"
}
