fn main() {
    hanse_protogen::compile(&["audit.proto", "personal.proto"]);
}
